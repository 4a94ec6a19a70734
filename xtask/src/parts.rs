//! Takes the linked program apart: what every visit needs, and files that come on demand.
//!
//! Trunk knows one WebAssembly file. What it has put into the folder is replaced here by what
//! `wasm-split-cli`, wasm-bindgen and wasm-opt make of the same linked program.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    fs, mem,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, ensure};
use sha2::{Digest as _, Sha256};

use crate::{
    imports, order, page,
    process::{program, run},
    tools::{self, Optimizer, PageTools},
    wasm, workspace,
};

/// The crate's feature that makes the program one that can be taken apart.
pub(crate) const FEATURE: &str = "split";
/// Where the parts are, within the page.
const FOLDER: &str = "parts";
/// One of these is what a visit is for.
const FIRST: [&str; 2] = ["account", "conversation"];
/// As the splitter calls the module that fetches them.
const LINK: &str = "./__wasm_split.js";
const LOADER: &str = include_str!("parts.js");

/// Replaces the one program in `folder`, which Trunk has built with `profile`.
pub(crate) fn split(folder: &Path, profile: &str, tools: &PageTools) -> Result<()> {
    let target = workspace::target()?;
    let linked = target.join("wasm32-unknown-unknown").join(profile).join("frontend.wasm");
    let work = target.join("xtask/parts").join(profile);
    if work.exists() {
        fs::remove_dir_all(&work)?;
    }
    let (apart, bound) = (work.join("apart"), work.join("bound"));
    fs::create_dir_all(&apart)?;
    run(program(tools::wasm_split()?).arg(&linked).arg(&apart).args(["--out-name", "frontend"]))?;
    run(tools
        .bindgen()
        .args(["--target", "web", "--no-typescript", "--keep-lld-exports"])
        .args(["--out-name", "frontend", "--out-dir"])
        .arg(&bound)
        .arg(apart.join("frontend.wasm")))?;

    let link = Link::read(&fs::read_to_string(apart.join(LINK))?)?;
    let whole = Whole::find(folder)?;
    let parts = folder.join(FOLDER);
    fs::create_dir_all(&parts)?;
    let mut bundles = BTreeMap::<Vec<String>, Bundle>::new();
    for (file, users) in link.users() {
        let piece = finished(&apart.join(format!("{file}.wasm")), tools)?;
        let bundle = bundles.entry(together(users)).or_default();
        bundle.files.push(file);
        bundle.pieces.push(piece);
    }
    let mut names = BTreeMap::new();
    for (users, Bundle { files, pieces }) in bundles {
        let bundle = bundle(&pieces);
        let name = format!("{}-{}.wasm", users.join("_"), hash(&bundle));
        fs::write(parts.join(&name), bundle)?;
        names.extend(files.into_iter().map(|file| (file, format!("./{FOLDER}/{name}"))));
    }
    let program = finished(&bound.join("frontend_bg.wasm"), tools)?;
    let loader = link.into_loader(&fs::read_to_string(bound.join("frontend.js"))?, &names)?;
    let (loader, program) = imports::shorten(&loader, &program)?;
    whole.replace(folder, &minified(loader, tools, &work)?, &program)
}

/// Which parts share the bundle of a piece that these parts need. What is needed before one can type
/// comes in one: compression then sees all of it, and it is one request.
fn together(users: Vec<String>) -> Vec<String> {
    let first = users.iter().filter(|part| FIRST.contains(&part.as_str()));
    match first.cloned().collect::<Vec<_>>() {
        none if none.is_empty() => users,
        first => first,
    }
}

/// What becomes one file of the page.
#[derive(Debug, Default)]
struct Bundle {
    /// As the splitter calls them.
    files: Vec<String>,
    pieces: Vec<Vec<u8>>,
}

/// One file of several: a program without content, each piece in a section of its own.
fn bundle(pieces: &[Vec<u8>]) -> Vec<u8> {
    let sections = pieces.iter().map(|piece| [b"\x05piece", piece.as_slice()].concat());
    let sections: Vec<Vec<u8>> = sections.collect();
    wasm::file(sections.iter().map(|section| (wasm::CUSTOM, section.as_slice())))
}

/// The parts that consist of a file of the page, by its name.
pub(crate) fn users(file: &Path) -> Vec<&str> {
    let name = file.strip_prefix(FOLDER).ok().and_then(Path::to_str).unwrap_or_default();
    name.rsplit_once('-').map_or_else(Vec::new, |(users, _)| users.split('_').collect())
}

/// A file of WebAssembly as it is shipped.
fn finished(file: &Path, tools: &PageTools) -> Result<Vec<u8>> {
    let Optimizer::Present { wasm_opt, .. } = &tools.optimizer else {
        return Ok(fs::read(file)?);
    };
    let (small, named) = (file.with_extension("small.wasm"), file.with_extension("named.wasm"));
    // Below 1,024 lies the far end of the stack, which is the lowest thing there is.
    run(program(wasm_opt)
        .args(["--flatten", "--rereloop", "-Oz", "-Oz", "--low-memory-unused", "--strip-producers"])
        .arg(file)
        .arg("-o")
        .arg(&small))?;
    fs::write(&named, order::named_by_place(&fs::read(&small)?)?)?;
    run(program(wasm_opt).arg("--reorder-functions-by-name").arg(&named).arg("-o").arg(&small))?;
    Ok(fs::read(small)?)
}

/// The loader as it is shipped.
fn minified(loader: String, tools: &PageTools, work: &Path) -> Result<String> {
    let Optimizer::Present { esbuild, .. } = &tools.optimizer else { return Ok(loader) };
    let (file, small) = (work.join("loader.js"), work.join("loader.small.js"));
    fs::write(&file, loader)?;
    run(program(esbuild)
        .args(["--minify", "--format=esm", "--target=es2022", "--log-level=warning"])
        .arg(&file)
        .arg(format!("--outfile={}", small.display())))?;
    Ok(fs::read_to_string(small)?)
}

fn hash(content: &[u8]) -> String {
    let hash = Sha256::digest(content);
    hash[..8].iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// What the splitter's module says: which files each part consists of.
#[derive(Debug, PartialEq, Eq)]
struct Link {
    /// By the part's name, the files without their ending.
    files: BTreeMap<String, Vec<String>>,
    /// A program with debug assertions asks for this, to know its own parts by.
    canary: Option<String>,
}

impl Link {
    fn read(text: &str) -> Result<Self> {
        let mut chunks = BTreeMap::new();
        for statement in text.split("\nconst ").skip(1) {
            if let Some((chunk, rest)) = statement.split_once(" = makeLoad(") {
                let file = file(rest).with_context(|| format!("{chunk} names no file"))?;
                chunks.insert(chunk, file);
            }
        }
        let mut files = BTreeMap::new();
        for statement in text.split("\nexport const __wasm_split_load_").skip(1) {
            let (part, rest) = statement.split_once(" = ").context("a part without a name")?;
            let list = rest.rsplit_once('[').and_then(|(_, list)| list.split_once(']'));
            let (list, _) = list.with_context(|| format!("what does {part} need?"))?;
            // A part of which nothing is left but what others need too has no file of its own.
            let mut needed: Vec<String> = file(rest).into_iter().collect();
            for chunk in list.split(',').map(str::trim).filter(|chunk| !chunk.is_empty()) {
                needed.push(chunks.get(chunk).with_context(|| format!("no {chunk}"))?.clone());
            }
            files.insert(part.to_owned(), needed);
        }
        ensure!(!files.is_empty(), "the splitter has found no part");
        let canary = text.split_once("__canary_").map(|(_, rest)| {
            let hash: String = rest.chars().take_while(char::is_ascii_alphanumeric).collect();
            format!("__canary_{hash}")
        });
        Ok(Self { files, canary })
    }

    /// Which parts consist of each file.
    fn users(&self) -> BTreeMap<String, Vec<String>> {
        let mut users: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (part, files) in &self.files {
            for file in files {
                users.entry(file.clone()).or_default().push(part.clone());
            }
        }
        users
    }

    /// wasm-bindgen's module, with ours in place of the splitter's, which would be one request more.
    fn into_loader(self, bound: &str, names: &BTreeMap<String, String>) -> Result<String> {
        // It imports the same module once for each function.
        let from = format!(" from \"{LINK}\"");
        let key = format!("\"{LINK}\": ");
        let imported = |line: &str| line.starts_with("import * as ") && line.contains(&from);
        ensure!(
            bound.lines().any(imported),
            "wasm-bindgen's module does not import the splitter's"
        );
        let shared = match self.canary {
            Some(canary) => format!("{{ ...wasm, {canary}: ~0xdead }}"),
            None => "wasm".to_owned(),
        };
        let fetches = self.files.iter().map(|(part, files)| {
            let files: BTreeSet<_> = files.iter().filter_map(|file| names.get(file)).collect();
            let files = files.into_iter().map(|name| format!("'{name}'"));
            let files = files.collect::<Vec<_>>().join(", ");
            format!("__wasm_split_load_{part}: __fetches({files}),")
        });
        let fetches = fetches.collect::<Vec<_>>().join("\n  ");
        let mut loader = LOADER.replace("/*shared*/", &shared);
        let _ = writeln!(loader, "const __fetched = {{\n  {fetches}\n}};");
        let mut given = false;
        for line in bound.lines() {
            if line.trim_start().starts_with(&key) {
                if !mem::replace(&mut given, true) {
                    let _ = writeln!(loader, "{key}__fetched,");
                }
            } else if !imported(line) {
                loader.push_str(line);
                loader.push('\n');
            }
        }
        Ok(loader)
    }
}

/// The first file that a statement of the splitter's module fetches, without its ending.
fn file(statement: &str) -> Option<String> {
    let statement = statement.split_once("\nconst ").map_or(statement, |(first, _)| first);
    let (_, name) = statement.split_once("new URL(\"./")?;
    Some(name.split_once(".wasm\"")?.0.to_owned())
}

/// The program as Trunk has put it into the page.
#[derive(Debug)]
struct Whole {
    loader: PathBuf,
    program: PathBuf,
}

impl Whole {
    fn find(folder: &Path) -> Result<Self> {
        let files = page::files(folder)?;
        let find = |ending: &str| {
            let own = |file: &&PathBuf| {
                let name = file.to_string_lossy();
                name.starts_with("frontend-") && name.ends_with(ending)
            };
            files.iter().find(own).cloned().with_context(|| format!("no frontend-*{ending}"))
        };
        Ok(Self { loader: find(".js")?, program: find("_bg.wasm")? })
    }

    fn replace(self, folder: &Path, loader: &str, program: &[u8]) -> Result<()> {
        let document = folder.join("index.html");
        let mut text = fs::read_to_string(&document)?;
        let new = [
            (self.loader, format!("frontend-{}.js", hash(loader.as_bytes())), loader.as_bytes()),
            (self.program, format!("frontend-{}_bg.wasm", hash(program)), program),
        ];
        for (old, name, content) in new {
            let old_name = old.to_string_lossy();
            ensure!(text.contains(&*old_name), "index.html does not name {old_name}");
            text = text.replace(&*old_name, &name);
            fs::remove_file(folder.join(&old))?;
            fs::write(folder.join(name), content)?;
        }
        Ok(fs::write(document, text)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINKED: &str = r#"import { initSync } from "./frontend.js";
let sharedImports = undefined;
        sharedImports = { __wasm_split: { __canary_8f2a: ~0xdead, } };
/* account, desk */
const __chunk_2 = makeLoad(() => {
    const src = fetch(new URL("./chunk_2.wasm", import.meta.url));
    src.catch(() => {});
}
, []);
export const __wasm_split_load_desk = wrapAsyncCb(makeLoad(() => {
    const src = fetch(new URL("./split_desk.wasm", import.meta.url));
}
, [__chunk_2]));
export const __wasm_split_load_account = wrapAsyncCb(makeLoad(() => async (_imp) => ({}), [__chunk_2]));
"#;

    #[test]
    fn a_file_is_named_after_the_parts_that_need_it() {
        let link = Link::read(LINKED).unwrap();
        let users = link.users();
        assert_eq!(users["chunk_2"], ["account", "desk"]);
        assert_eq!(users["split_desk"], ["desk"]);
        assert_eq!(users.len(), 2);
        assert!(Link::read("export const nothing = 1;").is_err());
    }

    #[test]
    fn what_a_visit_is_for_comes_in_one_file() {
        let together =
            |users: &[&str]| together(users.iter().map(|&part| part.to_owned()).collect());
        assert_eq!(together(&["conversation", "desk"]), ["conversation"]);
        assert_eq!(together(&["account", "desk", "setup"]), ["account"]);
        assert_eq!(together(&["account", "conversation", "setup"]), ["account", "conversation"]);
        assert_eq!(together(&["desk", "setup"]), ["desk", "setup"]);
        let file = bundle(&[b"one".to_vec(), b"two".to_vec()]);
        let pieces = wasm::sections(&file).unwrap();
        assert_eq!(pieces, [(wasm::CUSTOM, &b"\x05pieceone"[..]), (wasm::CUSTOM, b"\x05piecetwo")]);
    }

    #[test]
    fn the_loader_fetches_what_a_part_consists_of() {
        let bound = r#"import * as import1 from "./__wasm_split.js"
import * as import2 from "./__wasm_split.js"
    return {
        "./__wasm_split.js": import1,
        "./__wasm_split.js": import2,
    };
"#;
        let names =
            [("split_desk", "./parts/desk-0a.wasm"), ("chunk_2", "./parts/account_desk-1b.wasm")];
        let names = names.map(|(file, name)| (file.to_owned(), name.to_owned())).into();
        let loader = Link::read(LINKED).unwrap().into_loader(bound, &names).unwrap();
        assert!(loader.contains(
            "__wasm_split_load_desk: __fetches('./parts/account_desk-1b.wasm', './parts/desk-0a.wasm')"
        ));
        assert!(
            loader.contains("__wasm_split_load_account: __fetches('./parts/account_desk-1b.wasm')")
        );
        assert!(loader.contains("{ ...wasm, __canary_8f2a: ~0xdead }"));
        assert!(!loader.contains("import * as"));
        assert_eq!(loader.matches(r#""./__wasm_split.js": __fetched,"#).count(), 1);
        assert!(Link::read(LINKED).unwrap().into_loader("let wasm;", &BTreeMap::new()).is_err());
    }
}
