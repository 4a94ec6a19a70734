//! The page's files: inside the program, or in a folder.

use axum::body::{Body, Bytes};
use axum::http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, IF_NONE_MATCH, VARY,
};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use core::fmt;
use rust_embed::{Embed, EmbeddedFile};
use sha2::{Digest, Sha256};
use std::borrow::Cow;
use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};

/// What Trunk has built, with `.br` and `.gz` beside each file that gets smaller by it. In debug
/// builds it is read from the folder when the server starts.
#[derive(Embed)]
#[folder = "$CARGO_MANIFEST_DIR/../dist"]
#[allow_missing = true]
struct Built;

const DOCUMENT: &str = "index.html";
const UNCOMPRESSED: &str = "";
/// A file whose name holds its hash never changes.
const FOREVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
const ASK_FIRST: HeaderValue = HeaderValue::from_static("no-cache");
const NO_PAGE: &str = "This server was built without its page.\n\n\
    Build it with `cargo xtask build`, or serve a folder that Trunk has built with \
    `hubbub serve --assets DIR`. The API under /api/v1/ works.\n";

/// Every file of the page, by its path without the leading slash.
#[derive(Debug, Default)]
pub struct Assets {
    files: HashMap<String, Asset>,
}

#[derive(Debug)]
struct Asset {
    media_type: HeaderValue,
    cache: HeaderValue,
    /// Best first, the uncompressed one last.
    forms: Vec<Form>,
}

/// One way to write a file down.
#[derive(Debug)]
struct Form {
    /// As in `Content-Encoding`; [`UNCOMPRESSED`] for none.
    encoding: &'static str,
    etag: HeaderValue,
    bytes: Bytes,
}

/// Why a page cannot be served from a folder.
#[derive(Debug, thiserror::Error)]
pub enum AssetsError {
    #[error("cannot read --assets {path}: {source}")]
    Unreadable { path: PathBuf, source: io::Error },
    #[error("--assets {0} holds no index.html; give the folder that `trunk build` has made")]
    NoDocument(PathBuf),
}

impl Assets {
    /// The page inside the program. Without one, a text says how to get it.
    pub fn embedded() -> Self {
        let files = Built::iter().filter_map(|path| {
            let EmbeddedFile { data, .. } = Built::get(&path)?;
            let bytes = match data {
                Cow::Borrowed(bytes) => Bytes::from_static(bytes),
                Cow::Owned(bytes) => Bytes::from(bytes),
            };
            Some((path.into_owned(), bytes))
        });
        Self::of(&files.collect())
    }

    /// The page in a folder, as it is now.
    pub fn folder(folder: &Path) -> Result<Self, AssetsError> {
        let files = read_folder(folder)
            .map_err(|source| AssetsError::Unreadable { path: folder.to_owned(), source })?;
        let assets = Self::of(&files);
        if assets.files.contains_key(DOCUMENT) {
            Ok(assets)
        } else {
            Err(AssetsError::NoDocument(folder.to_owned()))
        }
    }

    fn of(files: &HashMap<String, Bytes>) -> Self {
        let mut assets = HashMap::new();
        for (path, bytes) in files {
            let hidden = path.split('/').any(|part| part.starts_with('.'));
            let compressed = [".br", ".gz"]
                .iter()
                .any(|end| path.strip_suffix(end).is_some_and(|plain| files.contains_key(plain)));
            if hidden || compressed {
                continue;
            }
            let hash = STANDARD.encode(&Sha256::digest(bytes)[..12]);
            let mut forms = Vec::new();
            for (encoding, end) in [("br", ".br"), ("gzip", ".gz")] {
                if let Some(bytes) = files.get(&format!("{path}{end}")) {
                    forms.push(Form::new(encoding, &hash, bytes.clone()));
                }
            }
            forms.push(Form::new(UNCOMPRESSED, &hash, bytes.clone()));
            let cache = if has_hashed_name(path) { FOREVER } else { ASK_FIRST };
            assets.insert(path.clone(), Asset { media_type: media_type(path), cache, forms });
        }
        Self { files: assets }
    }

    /// The document's inline scripts, which its policy must name.
    pub fn script_hashes(&self) -> ScriptHashes {
        let document = self.files.get(DOCUMENT).and_then(|asset| asset.forms.last());
        let text = document.map(|form| String::from_utf8_lossy(&form.bytes)).unwrap_or_default();
        ScriptHashes::of(&text)
    }

    /// The file of this path; for every address of the page, the document.
    pub fn answer(&self, path: &str, headers: &HeaderMap) -> Response {
        let path = path.trim_start_matches('/');
        if let Some(asset) = self.files.get(path) {
            return asset.answer(headers);
        }
        if looks_like_a_file(path) {
            return (StatusCode::NOT_FOUND, "There is no such file.\n").into_response();
        }
        match self.files.get(DOCUMENT) {
            Some(document) => document.answer(headers),
            None => (StatusCode::OK, NO_PAGE).into_response(),
        }
    }
}

impl Asset {
    fn answer(&self, asked: &HeaderMap) -> Response {
        let Some(form) = self.acceptable(asked) else {
            return StatusCode::NOT_ACCEPTABLE.into_response();
        };
        let mut response = if form.is_held(asked) {
            StatusCode::NOT_MODIFIED.into_response()
        } else {
            let mut response = Body::from(form.bytes.clone()).into_response();
            response.headers_mut().insert(CONTENT_TYPE, self.media_type.clone());
            if form.encoding != UNCOMPRESSED {
                let encoding = HeaderValue::from_static(form.encoding);
                response.headers_mut().insert(CONTENT_ENCODING, encoding);
            }
            response
        };
        let headers = response.headers_mut();
        headers.insert(ETAG, form.etag.clone());
        headers.insert(CACHE_CONTROL, self.cache.clone());
        headers.insert(VARY, HeaderValue::from_static("accept-encoding"));
        response
    }

    /// The best form the client can read. One that refuses even the uncompressed one gets it all
    /// the same: it will more likely read it than an error.
    fn acceptable(&self, asked: &HeaderMap) -> Option<&Form> {
        let accepted = asked.get(ACCEPT_ENCODING).and_then(|value| value.to_str().ok());
        self.forms
            .iter()
            .find(|form| form.encoding == UNCOMPRESSED || accepts(accepted, form.encoding))
    }
}

impl Form {
    fn new(encoding: &'static str, hash: &str, bytes: Bytes) -> Self {
        let etag = if encoding == UNCOMPRESSED {
            format!("\"{hash}\"")
        } else {
            format!("\"{hash}-{encoding}\"")
        };
        // A hash in base 64 is always fit for a header.
        let etag = HeaderValue::from_str(&etag).unwrap_or(HeaderValue::from_static("\"\""));
        Self { encoding, etag, bytes }
    }

    /// Whether the client has it already.
    fn is_held(&self, asked: &HeaderMap) -> bool {
        let own = self.etag.as_bytes();
        asked.get_all(IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok()).any(|tags| {
            tags.split(',')
                .map(str::trim)
                .any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag).as_bytes() == own)
        })
    }
}

/// Whether an `Accept-Encoding` names the encoding, with a weight above 0.
fn accepts(accepted: Option<&str>, encoding: &str) -> bool {
    let mut any = false;
    for entry in accepted.unwrap_or_default().split(',') {
        let mut parts = entry.split(';').map(str::trim);
        let name = parts.next().unwrap_or_default();
        let weight = parts
            .find_map(|part| part.strip_prefix("q="))
            .map_or(1.0, |weight| weight.parse::<f32>().unwrap_or(0.0));
        if name.eq_ignore_ascii_case(encoding) {
            return weight > 0.0;
        }
        any |= name == "*" && weight > 0.0;
    }
    any
}

/// Whether the name holds a hash, as Trunk makes them: `frontend-8d5a0c2b7e1f3a46_bg.wasm`.
fn has_hashed_name(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    let stem = name.split('.').next().unwrap_or_default();
    stem.rsplit('-').next().is_some_and(|end| {
        let hash = end.strip_suffix("_bg").unwrap_or(end);
        stem.contains('-')
            && hash.len() >= 8
            && hash.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    })
}

/// Addresses of the page may hold a dot, as nicks do; these endings are files'.
fn looks_like_a_file(path: &str) -> bool {
    const ENDINGS: [&str; 17] = [
        "br",
        "css",
        "gz",
        "html",
        "ico",
        "jpg",
        "js",
        "json",
        "map",
        "php",
        "png",
        "svg",
        "txt",
        "wasm",
        "webmanifest",
        "webp",
        "woff2",
    ];
    let name = path.rsplit('/').next().unwrap_or_default();
    name.rsplit_once('.').is_some_and(|(_, ending)| ENDINGS.contains(&ending))
}

fn media_type(path: &str) -> HeaderValue {
    let ending = path.rsplit_once('.').map_or("", |(_, ending)| ending);
    HeaderValue::from_static(match ending {
        "html" => "text/html; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "txt" => "text/plain; charset=utf-8",
        "wasm" => "application/wasm",
        "webmanifest" => "application/manifest+json",
        _ => {
            let guessed = mime_guess::from_ext(ending).first_raw();
            return HeaderValue::from_static(guessed.unwrap_or("application/octet-stream"));
        }
    })
}

fn read_folder(folder: &Path) -> io::Result<HashMap<String, Bytes>> {
    let mut files = HashMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(current) = folders.pop() {
        for entry in std::fs::read_dir(&current)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if let Ok(inside) = path.strip_prefix(folder) {
                let parts: Vec<_> =
                    inside.iter().map(|part| part.to_string_lossy().into_owned()).collect();
                files.insert(parts.join("/"), Bytes::from(std::fs::read(&path)?));
            }
        }
    }
    Ok(files)
}

/// The inline scripts of a document, as its policy allows them: ` 'sha256-…'` each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ScriptHashes(String);

impl ScriptHashes {
    fn of(document: &str) -> Self {
        let mut sources = String::new();
        let mut rest = document;
        while let Some((attributes, script, after)) = next_script(rest) {
            rest = after;
            let external = attributes
                .split_ascii_whitespace()
                .any(|attribute| attribute.to_ascii_lowercase().starts_with("src="));
            if !external {
                let hash = STANDARD.encode(Sha256::digest(script.as_bytes()));
                for part in [" 'sha256-", &hash, "'"] {
                    sources.push_str(part);
                }
            }
        }
        Self(sources)
    }
}

/// The next script's attributes, its text, and what follows it.
fn next_script(document: &str) -> Option<(&str, &str, &str)> {
    let small = document.to_ascii_lowercase();
    let open = small.find("<script")?;
    let attributes = open + "<script".len();
    let text = attributes + small.get(attributes..)?.find('>')? + 1;
    let close = text + small.get(text..)?.find("</script")?;
    Some((document.get(attributes..text - 1)?, document.get(text..close)?, document.get(close..)?))
}

impl fmt::Display for ScriptHashes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page() -> Assets {
        let files = [
            ("index.html", "<html>"),
            ("index.html.br", "brotli"),
            ("index.html.gz", "gzip"),
            ("page-0123456789abcdef_bg.wasm", "wasm"),
            (".stamp", "secret"),
            ("snippets/a/.hidden", "secret"),
        ];
        Assets::of(
            &files.iter().map(|(path, text)| ((*path).to_owned(), Bytes::from(*text))).collect(),
        )
    }

    fn asked(name: &'static str, value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(
            axum::http::HeaderName::from_static(name),
            HeaderValue::from_static(value),
        )])
    }

    #[test]
    fn the_smallest_form_the_client_reads_is_sent() {
        let encoding = |accepted| {
            let response = page().answer("/", &asked("accept-encoding", accepted));
            response.headers().get(CONTENT_ENCODING).map(|value| value.to_str().unwrap().to_owned())
        };
        assert_eq!(encoding("gzip, deflate, br, zstd").as_deref(), Some("br"));
        assert_eq!(encoding("gzip").as_deref(), Some("gzip"));
        assert_eq!(encoding("br;q=0, gzip;q=0.5").as_deref(), Some("gzip"));
        assert_eq!(encoding("*").as_deref(), Some("br"));
        assert_eq!(encoding("br;q=0, *").as_deref(), Some("gzip"));
        assert_eq!(encoding("identity"), None);
        assert_eq!(encoding(""), None);
    }

    #[test]
    fn each_form_has_a_tag_of_its_own_that_saves_sending_it_again() {
        let page = page();
        let brotli = page.answer("/", &asked("accept-encoding", "br"));
        let plain = page.answer("/", &HeaderMap::new());
        assert_ne!(brotli.headers()[ETAG], plain.headers()[ETAG]);
        let held = HeaderMap::from_iter([(IF_NONE_MATCH, plain.headers()[ETAG].clone())]);
        assert_eq!(page.answer("/", &held).status(), StatusCode::NOT_MODIFIED);
        let other = asked("if-none-match", "\"other\"");
        assert_eq!(page.answer("/", &other).status(), StatusCode::OK);
    }

    #[test]
    fn only_names_with_a_hash_are_kept_forever() {
        let cache =
            |path: &str| page().answer(path, &HeaderMap::new()).headers()[CACHE_CONTROL].clone();
        assert_eq!(cache("/"), ASK_FIRST);
        assert_eq!(cache("/page-0123456789abcdef_bg.wasm"), FOREVER);
        for name in ["favicon.svg", "two-words.css", "page-12345.js", "deadbeefdeadbeef.js"] {
            assert!(!has_hashed_name(name), "{name}");
        }
        assert!(has_hashed_name("snippets/x/inline-0a1b2c3d4e5f6789.js"));
    }

    #[test]
    fn every_address_of_the_page_is_the_document_and_a_missing_file_is_missing() {
        let status = |path: &str| page().answer(path, &HeaderMap::new()).status();
        for path in ["/login", "/rooms/123", "/people/anna.b", "/search"] {
            assert_eq!(status(path), StatusCode::OK, "{path}");
        }
        for path in ["/old-0123456789abcdef.js", "/favicon.ico", "/x/index.html.br"] {
            assert_eq!(status(path), StatusCode::NOT_FOUND, "{path}");
        }
    }

    #[test]
    fn hidden_and_compressed_files_have_no_address() {
        let page = page();
        let mut paths: Vec<_> = page.files.keys().map(String::as_str).collect();
        paths.sort_unstable();
        assert_eq!(paths, ["index.html", "page-0123456789abcdef_bg.wasm"]);
    }

    #[test]
    fn a_program_without_a_page_says_how_to_get_one() {
        let response = Assets::default().answer("/", &HeaderMap::new());
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.headers()[CONTENT_TYPE], "text/plain; charset=utf-8");
    }

    #[test]
    fn the_policy_names_inline_scripts_by_their_hash() {
        let document = "<script src=\"a.js\"></script><SCRIPT type=\"module\">\nrun()\n</SCRIPT>\
                        <script data-x src=b.js></script>";
        let hash = STANDARD.encode(Sha256::digest("\nrun()\n"));
        assert_eq!(ScriptHashes::of(document).to_string(), format!(" 'sha256-{hash}'"));
        assert_eq!(ScriptHashes::of("<p>no script</p>"), ScriptHashes::default());
    }
}
