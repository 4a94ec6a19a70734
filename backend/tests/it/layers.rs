//! Who may name whom: the table of `ARCHITECTURE.md`, held against the sources.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Places, and what nothing in them may name.
struct Rule {
    /// Files and folders under the repository; `x` stands for `x.rs` and `x/` alike.
    places: &'static [&'static str],
    /// Parts of those places to which the rule does not apply.
    but: &'static [&'static str],
    /// Paths as they would be imported; whatever is under one is forbidden with it.
    never: &'static [&'static str],
}

const TABLE: &[Rule] = &[
    // One meaning for both ends: compiles on every target and does no I/O.
    Rule {
        places: &["shared/src"],
        but: &[],
        never: &[
            "tokio",
            "axum",
            "hyper",
            "rusqlite",
            "leptos",
            "web_sys",
            "gloo_net",
            "std::fs",
            "std::net",
            "std::env",
            "std::thread",
            "std::time::SystemTime",
            "std::time::Instant",
        ],
    },
    // Store, bus and hub are joined by `app` alone. The hub takes what the bus carries, and
    // knows no bus.
    Rule {
        places: &["backend/src/store"],
        but: &[],
        never: &[
            "crate::app",
            "crate::bus",
            "crate::hub",
            "crate::chat",
            "crate::live",
            "crate::http",
            "axum",
        ],
    },
    Rule {
        places: &["backend/src/bus"],
        but: &[],
        never: &[
            "crate::app",
            "crate::store",
            "crate::hub",
            "crate::chat",
            "crate::live",
            "crate::http",
            "axum",
        ],
    },
    Rule {
        places: &["backend/src/hub"],
        but: &[],
        never: &[
            "crate::app",
            "crate::store",
            "crate::bus::Bus",
            "crate::bus::local",
            "crate::chat",
            "crate::live",
            "crate::http",
        ],
    },
    // What texts are found by is the same for every store: pure.
    Rule {
        places: &["backend/src/search"],
        but: &[],
        never: &[
            "crate::app",
            "crate::bus",
            "crate::chat",
            "crate::clock",
            "crate::http",
            "crate::hub",
            "crate::live",
            "crate::store",
            "axum",
            "tokio",
            "std::fs",
            "std::time",
        ],
    },
    // The meaning knows no sockets, no HTTP and no SQL.
    Rule {
        places: &["backend/src/chat"],
        but: &[],
        never: &[
            "crate::app",
            "crate::hub",
            "crate::live",
            "crate::http",
            "crate::extract",
            "crate::router",
            "crate::listener",
            "crate::store::sqlite",
            "crate::bus::local",
            "axum",
            "hyper",
            "tungstenite",
        ],
    },
    // The two ways in know the meaning, and not each other.
    Rule {
        places: &["backend/src/live"],
        but: &[],
        never: &[
            "crate::app",
            "crate::http",
            "crate::router",
            "crate::store",
            "crate::bus",
            "crate::config",
        ],
    },
    Rule {
        places: &["backend/src/http"],
        but: &[],
        never: &[
            "crate::app",
            "crate::live",
            "crate::router",
            "crate::hub",
            "crate::bus",
            "crate::store",
        ],
    },
    // SQL has one place.
    Rule { places: &["backend/src"], but: &["backend/src/store/sqlite"], never: &["rusqlite"] },
    // Only the composition root, and commands that work without a server, say which store it is.
    Rule {
        places: &["backend/src"],
        but: &[
            "backend/src/store",
            "backend/src/app.rs",
            "backend/src/main.rs",
            "backend/src/command",
            "backend/src/backup",
            "backend/src/doctor",
        ],
        never: &["crate::store::sqlite", "backend::store::sqlite"],
    },
    // No outbound call is made that the operator did not switch on: there is none to switch on. Who
    // runs `hubbub doctor --url` asks for one, to the server's own address.
    Rule {
        places: &["backend/src"],
        but: &["backend/src/doctor/outside.rs"],
        never: &[
            "reqwest",
            "hyper::client",
            "hyper_util::client",
            "std::net::TcpStream",
            "std::net::UdpSocket",
            "tokio::net::UdpSocket",
            "tokio::net::TcpStream::connect",
            "TcpStream::connect",
        ],
    },
    // The environment has one reader.
    Rule { places: &["backend/src"], but: &["backend/src/config"], never: &["std::env"] },
    // What both ends say to each other is types of `shared`, or the compiler cannot hold them.
    Rule {
        places: &["backend/src", "frontend/src"],
        but: &[],
        never: &["serde_json::json", "serde_json::Value", "serde_json::Map"],
    },
    // What checks the server knows nothing of it but the wire.
    Rule {
        places: &["chaos/src", "launch/src"],
        but: &[],
        never: &["backend", "bench", "rusqlite"],
    },
    // The pure cores of the page.
    Rule {
        places: &[
            "frontend/src/timeline",
            "frontend/src/outbox",
            "frontend/src/read_markers",
            "frontend/src/code",
        ],
        but: &[],
        never: &[
            "leptos",
            "reactive_stores",
            "web_sys",
            "js_sys",
            "wasm_bindgen",
            "gloo_net",
            "gloo_timers",
            "idb",
            "crate::app",
            "crate::actions",
            "crate::api",
            "crate::components",
            "crate::connection",
            "crate::database",
            "crate::held",
            "crate::pages",
            "crate::state",
        ],
    },
    // State is told; it does not ask.
    Rule {
        places: &["frontend/src/state"],
        but: &[],
        never: &[
            "gloo_net",
            "idb",
            "crate::app",
            "crate::actions",
            "crate::api",
            "crate::components",
            "crate::connection",
            "crate::database",
            "crate::held",
            "crate::pages",
        ],
    },
    // Components draw. What carries their wishes is the app's business.
    Rule {
        places: &["frontend/src/components", "frontend/src/pages"],
        but: &[],
        never: &[
            "gloo_net",
            "idb",
            "crate::app",
            "crate::connection",
            "crate::database",
            "crate::held",
            "web_sys::WebSocket",
        ],
    },
    Rule {
        places: &["frontend/src/connection"],
        but: &[],
        never: &["crate::app", "crate::components", "crate::pages", "crate::outbox"],
    },
];

/// The enums that travel. Where one is matched, each of its variants has an arm of its own, so
/// that the compiler shows every place a new variant concerns.
const WIRE_ENUMS: &[&str] = &[
    "ClientCommand",
    "ClientFrame",
    "CommandReply",
    "ResumedRoom",
    "ServerEvent",
    "ServerFrame",
    "UserEvent",
];

#[test]
fn no_part_names_what_it_must_not_know() {
    let mut broken = Vec::new();
    for rule in TABLE {
        let files = files_of(rule);
        assert!(!files.is_empty(), "{:?} is not there any more: mend the table", rule.places);
        for (file, text) in files {
            let named = names(&code(&text), &module_of(&file));
            for never in rule.never {
                if let Some(name) = named.iter().find(|name| is_under(name, never)) {
                    broken.push(format!("{} names {name}", file.display()));
                }
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn variables_of_the_environment_are_options_of_config_alone() {
    for (file, text) in sources(&["backend/src"]) {
        if !file.starts_with("backend/src/config") && !file.starts_with("backend/src/config.rs") {
            assert!(!text.contains("env = \""), "{} reads the environment", file.display());
        }
    }
}

#[test]
fn nobody_writes_json_of_the_wire_by_hand() {
    for (file, text) in sources(&["backend/src", "frontend/src"]) {
        let text = without_tests(&text);
        for by_hand in ["{\\\"", "\"{\"", "r#\"{", "json!"] {
            assert!(!text.contains(by_hand), "{} writes JSON by hand", file.display());
        }
    }
}

#[test]
fn what_travels_is_matched_variant_by_variant() {
    let mut broken = Vec::new();
    for (file, text) in sources(&["backend/src", "shared/src", "frontend/src"]) {
        for pattern in catch_alls(&code(&text)) {
            broken.push(format!("{} has an arm `{pattern} =>`", file.display()));
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

/// The tests above find what they are there for.
#[test]
fn a_planted_breach_is_found() {
    let text = r##"
        use crate::{chat::{self, Error as E}, hub::Hub};
        use super::super::http;
        /* use sqlx; */ // use nats;
        const TEXT: &str = r#"use leptos;"#;
        fn quote() -> char { '"' }
        fn later<'a>(row: &'a rusqlite::Row) {}
        #[cfg(test)]
        mod tests { use tokio::fs; }
    "##;
    let named = names(&code(text), &["crate".into(), "live".into(), "websocket".into()]);
    for found in
        ["crate::chat", "crate::chat::Error", "crate::hub::Hub", "crate::http", "rusqlite::Row"]
    {
        assert!(named.contains(found), "{found} is not in {named:?}");
    }
    for absent in ["sqlx", "nats", "leptos", "tokio"] {
        assert!(!named.iter().any(|name| is_under(name, absent)), "{absent} is in {named:?}");
    }

    let matched = |arms: &str| catch_alls(&code(&format!("fn f() {{ match frame {{ {arms} }} }}")));
    assert_eq!(matched("ServerFrame::Hello { .. } => 1, _ => 2"), ["_"]);
    assert_eq!(matched("ServerFrame::Hello { .. } => { 1 } other => 2,"), ["other"]);
    assert_eq!(matched("Ok(ClientFrame::Heartbeat) => 1, Ok(_) => 2, Err(_) => 3"), ["Ok(_)"]);
    assert_eq!(
        matched(
            "UserEvent::PersonBlocked { .. } if { yes } => f(|x| { match x { _ => 1 } }), _ if no => 2"
        ),
        ["_ if no"]
    );
    assert!(matched("ServerFrame::Hello { .. } => 1, ServerFrame::Joined { .. } => 2").is_empty());
    assert!(matched("Some(1) => ServerFrame::Heartbeat, _ => 2").is_empty());
    assert!(
        matched("Ok(ClientFrame::Heartbeat) => 1, Ok(ClientFrame::Resume(_)) => 2, Err(_) => 3")
            .is_empty()
    );
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn files_of(rule: &Rule) -> Vec<(PathBuf, String)> {
    let is_in = |file: &Path, place: &str| {
        file.starts_with(place) || file == Path::new(&format!("{place}.rs"))
    };
    let mut files = sources(rule.places);
    files.retain(|(file, _)| !rule.but.iter().any(|place| is_in(file, place)));
    files
}

/// The sources at or under these places, by their path in the repository.
fn sources(places: &[&str]) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    for place in places {
        let mut waiting = vec![PathBuf::from(place), PathBuf::from(format!("{place}.rs"))];
        while let Some(path) = waiting.pop() {
            let full = root().join(&path);
            if full.is_dir() {
                let entries = fs::read_dir(&full).unwrap().map(|entry| entry.unwrap().file_name());
                waiting.extend(entries.map(|name| path.join(name)));
            } else if full.is_file() && path.extension().is_some_and(|ending| ending == "rs") {
                found.push((path, fs::read_to_string(full).unwrap()));
            }
        }
    }
    found
}

/// `backend/src/chat/room.rs` is `crate::chat::room`.
fn module_of(file: &Path) -> Vec<String> {
    let inside = file.iter().skip(2).map(|part| part.to_string_lossy().replace(".rs", ""));
    let names = inside.filter(|name| !matches!(name.as_str(), "lib" | "main"));
    ["crate".to_owned()].into_iter().chain(names).collect()
}

fn is_under(name: &str, place: &str) -> bool {
    name.strip_prefix(place).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

/// Unit tests stand at the end of their file.
fn without_tests(text: &str) -> &str {
    text.find("#[cfg(test)]\nmod ").map_or(text, |at| &text[..at])
}

/// The code alone: without comments, without what literals hold, without tests.
fn code(text: &str) -> String {
    let text: Vec<char> = text.chars().collect();
    let text = text.as_slice();
    let mut code = String::with_capacity(text.len());
    let mut at = 0;
    while let Some(&char) = text.get(at) {
        let rest = &text[at..];
        let in_word = at > 0 && is_word(text[at - 1]);
        let skipped = if rest.starts_with(&['/', '/']) {
            rest.iter().position(|char| *char == '\n').unwrap_or(rest.len())
        } else if rest.starts_with(&['/', '*']) {
            rest.windows(2).position(|two| two == ['*', '/']).map_or(rest.len(), |end| end + 2)
        } else if let Some(length) = raw_string(rest).filter(|_| !in_word) {
            length
        } else if char == '"' {
            quoted(rest)
        } else if char == '\'' {
            // A lifetime has no end quote.
            if rest.get(1) == Some(&'\\') {
                quoted(rest)
            } else if rest.get(2) == Some(&'\'') {
                3
            } else {
                0
            }
        } else {
            0
        };
        if skipped == 0 {
            code.push(char);
            at += 1;
        } else {
            code.push_str(if matches!(char, '"' | 'r' | '\'') { "\"\"" } else { " " });
            at += skipped;
        }
    }
    match code.split_once("#[cfg(test)]\n") {
        Some((before, after)) if after.trim_start().starts_with("mod ") => before.to_owned(),
        _ => code,
    }
}

fn is_word(char: char) -> bool {
    char.is_alphanumeric() || char == '_'
}

/// The length of a literal up to its end quote.
fn quoted(text: &[char]) -> usize {
    let mut at = 1;
    while at < text.len() && text[at] != text[0] {
        at += if text[at] == '\\' { 2 } else { 1 };
    }
    at + 1
}

fn raw_string(text: &[char]) -> Option<usize> {
    let text = text.strip_prefix(&['r'])?;
    let hashes = text.iter().take_while(|char| **char == '#').count();
    let text = text[hashes..].strip_prefix(&['"'])?;
    let mut end = vec!['"'];
    end.resize(hashes + 1, '#');
    let length = text.windows(end.len()).position(|part| part == end)?;
    Some(1 + hashes + 1 + length + end.len())
}

/// Every path in the code, written out from its crate.
fn names(code: &str, module: &[String]) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let mut rest = code;
    while let Some(start) = rest.find(|char: char| is_word(char)) {
        rest = &rest[start..];
        let end = rest.find(|char: char| !is_word(char) && char != ':').unwrap_or(rest.len());
        let word = rest[..end].trim_end_matches(':');
        if word == "use" {
            let end = rest.find(';').unwrap_or(rest.len());
            import(&rest["use".len()..end], String::new(), module, &mut names);
            rest = &rest[end..];
        } else {
            names.insert(absolute(word, module));
            rest = &rest[end..];
        }
    }
    names
}

/// One tree of an import, with what stands before it.
fn import(tree: &str, before: String, module: &[String], names: &mut BTreeSet<String>) {
    let tree = tree.trim();
    let (path, branches) = match tree.split_once('{') {
        Some((path, branches)) => (path, branches.rsplit_once('}').map(|(inside, _)| inside)),
        None => (tree.split(" as ").next().unwrap_or_default(), None),
    };
    let path = path.trim().trim_end_matches("::");
    let path = match (before.is_empty(), path) {
        (true, path) => path.to_owned(),
        (false, "" | "self") => before,
        (false, path) => format!("{before}::{path}"),
    };
    match branches {
        None => _ = names.insert(absolute(&path, module)),
        Some(branches) => {
            for branch in at_top(branches, ',') {
                import(branch, path.clone(), module, names);
            }
        }
    }
}

fn absolute(path: &str, module: &[String]) -> String {
    let mut parts: Vec<&str> = path.split("::").collect();
    let mut base: Vec<&str> = module.iter().map(String::as_str).collect();
    if !matches!(parts[0], "super" | "self") {
        return path.to_owned();
    }
    while matches!(parts.first(), Some(&("super" | "self"))) {
        if parts.remove(0) == "super" {
            base.pop();
        }
    }
    base.extend(parts);
    base.join("::")
}

/// The parts between separators that stand outside of all brackets.
fn at_top(text: &str, separator: char) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut depth, mut start) = (0_u32, 0);
    for (at, char) in text.char_indices() {
        match char {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth = depth.saturating_sub(1),
            _ if char == separator && depth == 0 => {
                parts.push(&text[start..at]);
                start = at + char.len_utf8();
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts.retain(|part| !part.trim().is_empty());
    parts
}

/// The patterns that stand for any variant, of matches which name variants of wire enums.
fn catch_alls(code: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (at, _) in code.match_indices("match ") {
        if code[..at].ends_with(is_word) {
            continue;
        }
        let Some(body) = match_body(&code[at..]) else { continue };
        let patterns = patterns(body);
        let before: Vec<&str> = patterns
            .iter()
            .flat_map(|pattern| at_top(pattern, '|'))
            .filter_map(|pattern| {
                let at = WIRE_ENUMS.iter().find_map(|name| pattern.find(&format!("{name}::")))?;
                Some(pattern[..at].trim())
            })
            .collect();
        if before.is_empty() {
            continue;
        }
        found.extend(
            patterns
                .iter()
                .filter(|pattern| {
                    let bare = pattern.split(" if ").next().unwrap_or_default().trim();
                    let binding = bare.starts_with(|char: char| char.is_lowercase())
                        && bare.chars().all(is_word);
                    let hole = before.iter().any(|before| {
                        bare.strip_prefix(before).is_some_and(|rest| {
                            rest.strip_prefix('_').is_some_and(|rest| !rest.starts_with(is_word))
                        })
                    });
                    bare == "_" || binding || hole
                })
                .map(|pattern| (*pattern).to_owned()),
        );
    }
    found
}

/// What stands between the braces of a match that begins here.
fn match_body(code: &str) -> Option<&str> {
    let mut depth = 0_u32;
    let start = code.char_indices().find_map(|(at, char)| {
        match char {
            '(' | '[' => depth += 1,
            ')' | ']' => depth = depth.saturating_sub(1),
            '{' if depth == 0 => return Some(at),
            _ => {}
        }
        None
    })?;
    block(&code[start..])
}

/// What stands between an opening brace and its closing one.
fn block(code: &str) -> Option<&str> {
    let mut depth = 0_u32;
    for (at, char) in code.char_indices() {
        match char {
            '{' => depth += 1,
            '}' if depth == 1 => return Some(&code[1..at]),
            '}' => depth -= 1,
            _ => {}
        }
    }
    None
}

/// The pattern of each arm, with its guard.
fn patterns(mut body: &str) -> Vec<&str> {
    let mut patterns = Vec::new();
    loop {
        let Some(arrow) = top_position(body, "=>") else { return patterns };
        patterns.push(body[..arrow].trim().trim_start_matches(',').trim());
        body = body[arrow + 2..].trim_start();
        let end = match block(body).filter(|_| body.starts_with('{')) {
            Some(block) => block.len() + 2,
            None => top_position(body, ",").map_or(body.len(), |at| at + 1),
        };
        body = &body[end..];
    }
}

/// Where something first stands outside of all brackets.
fn top_position(text: &str, wanted: &str) -> Option<usize> {
    let mut depth = 0_u32;
    for (at, char) in text.char_indices() {
        if depth == 0 && text[at..].starts_with(wanted) {
            return Some(at);
        }
        match char {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    None
}
