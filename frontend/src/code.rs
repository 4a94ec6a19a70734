//! How code that somebody posted is read, as far as colours need it: words, texts, numbers and
//! comments, by a few traits of each language. Every letter is in exactly one run, and the time it
//! takes grows with the text alone, whatever it is.

mod language;
mod tags;
mod words;

use language::{GRAMMARS, Grammar};

/// What a run of code is to its reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Keyword,
    Text,
    /// What is called or defined.
    Name,
    Number,
    Comment,
}

/// So many bytes of one kind, or of none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    pub kind: Option<Kind>,
    pub bytes: usize,
}

/// Whether a language, given by a name, an extension or a file's name, is one that can be read.
pub fn is_known(language: &str) -> bool {
    grammar(language).is_some()
}

/// The code's runs, in order; together they are as long as the text. `None` when the language
/// is not known.
pub fn runs(language: &str, text: &str) -> Option<Vec<Run>> {
    let mut runs = Runs::default();
    match grammar(language)? {
        Grammar::Words(traits) => words::read(traits, text, &mut runs),
        Grammar::Tags => tags::read(text, &mut runs),
        Grammar::Changes => changes(text, &mut runs),
    }
    Some(runs.0)
}

fn grammar(language: &str) -> Option<&'static Grammar> {
    let name = language.rsplit(['.', '/']).next()?.to_lowercase();
    let is_called = |names: &str| names.split(' ').any(|known| known == name);
    GRAMMARS.iter().find(|(names, _)| is_called(names)).map(|(_, grammar)| grammar)
}

/// Runs as they come; those alike become one.
#[derive(Debug, Default)]
struct Runs(Vec<Run>);

impl Runs {
    fn push(&mut self, kind: Option<Kind>, bytes: usize) {
        match self.0.last_mut() {
            _ if bytes == 0 => {}
            Some(last) if last.kind == kind => last.bytes += bytes,
            Some(_) | None => self.0.push(Run { kind, bytes }),
        }
    }
}

/// What `diff` says, line by line.
fn changes(text: &str, runs: &mut Runs) {
    for line in text.split_inclusive('\n') {
        let kind = match line.as_bytes() {
            [b'+', b'+', b'+', ..] | [b'-', b'-', b'-', ..] => Some(Kind::Comment),
            [b'+', ..] => Some(Kind::Text),
            [b'-', ..] => Some(Kind::Keyword),
            [b'@', b'@', ..] => Some(Kind::Name),
            _ if line.starts_with("diff ") || line.starts_with("index ") => Some(Kind::Comment),
            _ => None,
        };
        runs.push(kind, line.len());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::time::{Duration, Instant};

    /// The text with what is coloured in braces, after the first letter of its kind.
    fn shown(language: &str, text: &str) -> String {
        let mut at = 0;
        let runs = runs(language, text).unwrap();
        let piece = |run: Run| {
            let piece = &text[at..at + run.bytes];
            at += run.bytes;
            match run.kind {
                None => piece.to_owned(),
                Some(Kind::Keyword) => format!("k{{{piece}}}"),
                Some(Kind::Text) => format!("s{{{piece}}}"),
                Some(Kind::Name) => format!("f{{{piece}}}"),
                Some(Kind::Number) => format!("n{{{piece}}}"),
                Some(Kind::Comment) => format!("c{{{piece}}}"),
            }
        };
        runs.into_iter().map(piece).collect()
    }

    #[test]
    fn languages_are_read_as_they_are_written() {
        for (language, text, expected) in [
            (
                "rust",
                "fn go<'a>(c: char) -> u8 { println!(\"{c}\"); b'x' + '\\n' + 0x1F }",
                "k{fn} f{go}<'a>(c: k{char}) -> k{u8} { f{println!}(s{\"{c}\"}); bs{'x'} + s{'\\n'} + n{0x1F} }",
            ),
            ("rs", "r#\"a \"q\" b\"# // 1..2", "s{r#\"a \"q\" b\"#} c{// 1..2}"),
            ("rust", "for i in 0..10 { x.await }", "k{for} i k{in} n{0}..n{10} { x.k{await} }"),
            (
                "python",
                "@cached\ndef f(x):  # two\n    return '''a\nb''' + \"it's\"",
                "f{@cached}\nk{def} f{f}(x):  c{# two}\n    k{return} s{'''a\nb'''} + s{\"it's\"}",
            ),
            (
                "ts",
                "const a = /[/'\"]+/g.test(`x${1}`) ? b / 2 / c : null; // '",
                "k{const} a = s{/[/'\"]+/g}.f{test}(s{`x${1}`}) ? b / n{2} / c : k{null}; c{// '}",
            ),
            ("json", "{\"a\":[1.5e-3,true,\"b\"]}", "{f{\"a\"}:[n{1.5e-3},k{true},s{\"b\"}]}"),
            (
                "sh",
                "#!/bin/sh\nif [ -n \"$A\" ]; then echo $HOME | grep a#b; fi; for f in g; do",
                "c{#!/bin/sh}\nk{if} [ -n s{\"$A\"} ]; k{then} f{echo} n{$HOME} | f{grep} a#b; k{fi}; k{for} f k{in} g; k{do}",
            ),
            (
                "SQL",
                "Select count(*) from t where a = 'it''s' -- all",
                "k{Select} f{count}(*) k{from} t k{where} a = s{'it''s'} c{-- all}",
            ),
            (
                "compose.yaml",
                "on: push-1.2 # now\nrun: \"a: b\"\nurl: http://x",
                "f{on}: push-1.2 c{# now}\nf{run}: s{\"a: b\"}\nf{url}: http://x",
            ),
            ("toml", "[a.b]\nkey = \"v\" # c", "[a.b]\nf{key} = s{\"v\"} c{# c}"),
            (
                "css",
                "@media print { a:hover { color: #fff; margin: 1.5rem } } /* x */",
                "k{@media} print { a:hover { f{color}: n{#fff}; f{margin}: n{1.5rem} } } c{/* x */}",
            ),
            (
                "html",
                "<!-- a --><a href=\"x>y\" on>1 &lt; 2</a> < b",
                "c{<!-- a -->}<k{a} f{href}=s{\"x>y\"} f{on}>1 n{&lt;} 2</k{a}> < b",
            ),
            ("c", "#include <a.h>\nint main(void)", "k{#include} <a.h>\nk{int} f{main}(k{void})"),
            ("diff", "@@ 1 @@\n-a\n+b\n c\n", "f{@@ 1 @@\n}k{-a\n}s{+b\n} c\n"),
            ("go", "func (s *S) Go() { a := '\\'' }", "k{func} (s *S) f{Go}() { a := s{'\\''} }"),
            (
                "lua",
                "--[[ a\nb ]] local x = [[y]] -- z",
                "c{--[[ a\nb ]]} k{local} x = s{[[y]]} c{-- z}",
            ),
            (
                "dockerfile",
                "FROM rust # no\nRUN [\"a\"]",
                "k{FROM} rust c{# no}\nk{RUN} [s{\"a\"}]",
            ),
        ] {
            assert_eq!(shown(language, text), expected, "{language}");
        }
    }

    #[test]
    fn a_language_is_known_by_its_names_and_by_names_of_files() {
        for known in
            ["Rust", "rs", "src/main.rs", "JavaScript", "c++", "Dockerfile", "sh", "objective-c"]
        {
            assert!(grammar(known).is_some(), "{known}");
        }
        for unknown in ["", " ", "nonsense", ".", "text", "plaintext"] {
            assert!(!is_known(unknown) && runs(unknown, "if").is_none(), "{unknown}");
        }
        let mut names: Vec<&str> =
            GRAMMARS.iter().flat_map(|(names, _)| names.split(' ')).collect();
        let all = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all, "a name stands for two languages");
    }

    #[test]
    fn what_is_not_closed_goes_on_to_its_end() {
        assert_eq!(shown("rust", "/* a\n\"b"), "c{/* a\n\"b}");
        assert_eq!(shown("rust", "\"a\nb"), "s{\"a\nb}");
        assert_eq!(shown("c", "\"a\nint"), "s{\"a}\nk{int}");
        assert_eq!(shown("js", "/a\nlet b = c"), "/a\nk{let} b = c");
    }

    #[test]
    fn the_worst_of_texts_is_read_at_once() {
        for piece in [
            "/[", "\"\\", "'", "/*", "<!-", "<a ", "((", "$", "[[", "--[[", "r#", "1e", "a.",
            "\n#", "`${", "&",
        ] {
            let text: String = piece.chars().cycle().take(shared::limit::MESSAGE_CHARS).collect();
            for (names, _) in GRAMMARS {
                let language = names.split(' ').next().unwrap();
                let begun = Instant::now();
                runs(language, &text).unwrap();
                let took = begun.elapsed();
                assert!(took < Duration::from_millis(500), "{language} {piece:?}: {took:?}");
            }
        }
    }

    proptest! {
        #[test]
        fn no_letter_is_lost_and_none_is_cut(
            text in "([a-zé漢👍'\"`/*#<>&$@!:=_().\\[\\]{}\\\\0-9 \n-]|//|/\\*|\\*/|\"\"\"|--|if|fn ){0,80}",
            at in 0..GRAMMARS.len(),
        ) {
            let language = GRAMMARS[at].0.split(' ').next().unwrap();
            let mut end = 0;
            for run in runs(language, &text).unwrap() {
                prop_assert!(run.bytes > 0);
                end += run.bytes;
                prop_assert!(text.is_char_boundary(end));
            }
            prop_assert_eq!(end, text.len());
        }
    }
}
