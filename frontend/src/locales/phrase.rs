//! Texts with places for names and numbers.

/// A text with `N` places, written `{0}`, `{1}`, … in the order its language wants them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Phrase<const N: usize>(&'static str);

/// A run of a [`Phrase`]: its own words, or the place of an argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece {
    Words(&'static str),
    /// The argument of this number stands here.
    Argument(usize),
}

impl<const N: usize> Phrase<N> {
    /// # Panics
    /// When the text does not have exactly the places `{0}` to `{N - 1}`, each at least once: in a
    /// constant, as all the catalogues are, that is an error of compilation.
    pub const fn new(text: &'static str) -> Self {
        let bytes = text.as_bytes();
        let mut found = [false; N];
        let mut at = 0;
        while at < bytes.len() {
            if bytes[at] == b'{' {
                assert!(at + 2 < bytes.len() && bytes[at + 2] == b'}', "a place is one digit");
                let number = (bytes[at + 1] - b'0') as usize;
                assert!(number < N, "a place for an argument that the phrase does not have");
                found[number] = true;
            }
            at += 1;
        }
        let mut number = 0;
        while number < N {
            assert!(found[number], "an argument without a place in the text");
            number += 1;
        }
        Self(text)
    }

    pub fn fill(self, arguments: [&str; N]) -> String {
        let mut text = String::with_capacity(self.0.len() + 16);
        for piece in self.pieces() {
            match piece {
                Piece::Words(words) => text.push_str(words),
                Piece::Argument(number) => text.push_str(arguments[number]),
            }
        }
        text
    }

    /// The runs in reading order, for views that draw the arguments as elements.
    pub fn pieces(self) -> Vec<Piece> {
        let mut pieces = Vec::new();
        let mut rest = self.0;
        while let Some((words, after)) = rest.split_once('{') {
            let Some((number, after)) = after.split_once('}') else { break };
            let Ok(number) = number.parse() else { break };
            if !words.is_empty() {
                pieces.push(Piece::Words(words));
            }
            pieces.push(Piece::Argument(number));
            rest = after;
        }
        if !rest.is_empty() {
            pieces.push(Piece::Words(rest));
        }
        pieces
    }
}

/// A text that depends on a count, by the plural categories of CLDR that its language has. The
/// count itself is `{0}`; the other arguments follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plural<const N: usize> {
    /// One form for every count, as in Chinese.
    Other(Phrase<N>),
    /// Exactly one, or not, as in English.
    OneOther { one: Phrase<N>, other: Phrase<N> },
}

impl<const N: usize> Plural<N> {
    pub const fn other(text: &'static str) -> Self {
        Self::Other(Phrase::new(text))
    }

    pub const fn one_other(one: &'static str, other: &'static str) -> Self {
        Self::OneOther { one: Phrase::new(one), other: Phrase::new(other) }
    }

    pub const fn phrase(self, count: u64) -> Phrase<N> {
        match self {
            Self::Other(phrase) => phrase,
            Self::OneOther { one, other } => {
                if count == 1 {
                    one
                } else {
                    other
                }
            }
        }
    }

    /// The form for `count`; `arguments` begin with the count as it is to be written.
    pub fn fill(self, count: u64, arguments: [&str; N]) -> String {
        self.phrase(count).fill(arguments)
    }
}

impl Plural<1> {
    /// The text for `count`, written with plain digits.
    pub fn count(self, count: u64) -> String {
        self.fill(count, [&count.to_string()])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADDED: Phrase<2> = Phrase::new("{0} added {1}");
    const REPLIES: Plural<1> = Plural::one_other("{0} reply", "{0} replies");

    #[test]
    fn a_phrase_puts_each_argument_in_its_place() {
        assert_eq!(ADDED.fill(["Noor", "{0}"]), "Noor added {0}");
        assert_eq!(
            ADDED.pieces(),
            [Piece::Argument(0), Piece::Words(" added "), Piece::Argument(1)]
        );
    }

    #[test]
    fn english_tells_one_from_many_and_counts_none_as_many() {
        assert_eq!(REPLIES.count(0), "0 replies");
        assert_eq!(REPLIES.count(1), "1 reply");
        assert_eq!(REPLIES.count(21), "21 replies");
        assert_eq!(Plural::<1>::other("{0} 条回复").count(1), "1 条回复");
    }
}
