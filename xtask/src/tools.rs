//! What must be installed. Each tool is taken from the search path if it has the right version
//! there, else from the person's cache folder, else it is installed into the cache folder, so
//! that a second clone finds it.

use std::{
    env,
    ffi::OsString,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, Result, bail, ensure};

use crate::{
    process::{self, answer, cargo, on_path, program, run},
    workspace,
};

const TRUNK: &str = "0.21.14";
const BINARYEN: &str = "132";
const ESBUILD: &str = "0.28.2";
const WASM_SPLIT: &str = "0.2.4";
const CARGO_DENY: &str = "0.20.2";
const GECKODRIVER: &str = "0.36.0";
const NODE: u32 = 20;
pub(crate) const WASM: &str = "wasm32-unknown-unknown";

/// Installs the target the page is compiled for.
pub(crate) fn wasm_target() -> Result<()> {
    let libraries = answer(program("rustc").args(["--print", "target-libdir", "--target", WASM]));
    if libraries.is_some_and(|folder| Path::new(&folder).is_dir()) {
        return Ok(());
    }
    println!("Rust's {WASM} target is missing: adding it.");
    run(program("rustup").args(["target", "add", WASM])).with_context(|| {
        format!("type `rustup target add {WASM}`, or install your system's package of it")
    })
}

/// Whether the page can be made smaller with wasm-opt and esbuild, which come from npm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Optimizer {
    Present { wasm_opt: PathBuf, esbuild: PathBuf },
    Absent,
}

/// What Trunk needs, found or installed.
#[derive(Debug)]
pub(crate) struct PageTools {
    trunk: PathBuf,
    bindgen: PathBuf,
    pub(crate) optimizer: Optimizer,
}

impl PageTools {
    /// Everything for a page as it is shipped; without npm, everything but what makes it small.
    pub(crate) fn shipped() -> Result<Self> {
        let mut tools = Self::quick()?;
        if let (Some(wasm_opt), Some(esbuild)) = (wasm_opt()?, esbuild()?) {
            tools.optimizer = Optimizer::Present { wasm_opt, esbuild };
        }
        Ok(tools)
    }

    /// What a page needs that is not optimised.
    pub(crate) fn quick() -> Result<Self> {
        wasm_target()?;
        Ok(Self { bindgen: wasm_bindgen()?, trunk: trunk()?, optimizer: Optimizer::Absent })
    }

    /// Trunk, finding the others where they are.
    pub(crate) fn trunk(&self) -> Result<Command> {
        let mut command = program(&self.trunk);
        process::without_own_package(&mut command);
        command.env("PATH", self.search_path()?).env("TRUNK_SKIP_VERSION_CHECK", "true");
        Ok(command)
    }

    /// wasm-bindgen, as Trunk finds it.
    pub(crate) fn bindgen(&self) -> Command {
        program(&self.bindgen)
    }

    /// Where Trunk is.
    pub(crate) fn trunk_file(&self) -> &Path {
        &self.trunk
    }

    /// The search path, the folder of wasm-bindgen first.
    #[expect(clippy::disallowed_methods, reason = "the search path is a variable")]
    pub(crate) fn search_path(&self) -> Result<OsString> {
        let path = env::var_os("PATH").unwrap_or_default();
        Ok(env::join_paths(
            self.bindgen.parent().map(Path::to_owned).into_iter().chain(env::split_paths(&path)),
        )?)
    }
}

fn trunk() -> Result<PathBuf> {
    // It only reads, copies and calls others: an optimised one takes far longer to build.
    let build = [("OPT_LEVEL", "0"), ("LTO", "off"), ("DEBUG", "0"), ("CODEGEN_UNITS", "16")];
    from_cargo("trunk", "trunk", TRUNK, &["--locked"], &build)
}

fn wasm_bindgen() -> Result<PathBuf> {
    let version = workspace::locked_version("wasm-bindgen")?;
    let build = [("OPT_LEVEL", "1"), ("LTO", "off"), ("DEBUG", "0"), ("CODEGEN_UNITS", "16")];
    from_cargo("wasm-bindgen-cli", "wasm-bindgen", &version, &[], &build)
}

/// What takes the linked program apart. It cannot say which version it is: the folder it is in does.
pub(crate) fn wasm_split() -> Result<PathBuf> {
    let folder = cache(&format!("wasm-split-cli-{WASM_SPLIT}"))?;
    let file = folder.join("bin/wasm-split-cli");
    if file.is_file() {
        return Ok(file);
    }
    let build = [("OPT_LEVEL", "1"), ("LTO", "off"), ("DEBUG", "0"), ("CODEGEN_UNITS", "16")];
    let flags = ["--locked", "--features", "build-binary"];
    install("wasm_split_cli_support", WASM_SPLIT, &folder, &flags, &build)?;
    ensure!(file.is_file(), "there is no {}", file.display());
    Ok(file)
}

/// cargo-deny, which looks at the dependencies of the whole tree.
pub(crate) fn cargo_deny() -> Result<PathBuf> {
    let build = [("OPT_LEVEL", "1"), ("LTO", "off"), ("DEBUG", "0"), ("CODEGEN_UNITS", "16")];
    from_cargo("cargo-deny", "cargo-deny", CARGO_DENY, &["--locked"], &build)
}

fn wasm_opt() -> Result<Option<PathBuf>> {
    from_npm("binaryen", "wasm-opt", BINARYEN, &format!("version {BINARYEN}"))
}

/// What writes the loader as small as can be.
fn esbuild() -> Result<Option<PathBuf>> {
    from_npm("esbuild", "esbuild", ESBUILD, ESBUILD)
}

/// A program of `package` that calls itself `version_line`; none where there is no npm.
fn from_npm(
    package: &str,
    name: &str,
    version: &str,
    version_line: &str,
) -> Result<Option<PathBuf>> {
    let is_right = |file: &Path| says(file, version_line);
    if let Some(file) = on_path(name).into_iter().find(|file| is_right(file)) {
        return Ok(Some(file));
    }
    let folder = cache(&format!("{package}-{version}"))?;
    let file = folder.join("node_modules/.bin").join(name);
    if is_right(&file) {
        return Ok(Some(file));
    }
    if on_path("npm").is_empty() {
        println!("No npm, so no {name}: the page will work, and be larger than it need be.");
        return Ok(None);
    }
    println!("{name} {version} is missing: installing it from npm into {}", folder.display());
    std::fs::create_dir_all(&folder)?;
    run(program("npm")
        .args(["install", "--no-save", "--no-audit", "--no-fund", "--prefix"])
        .arg(&folder)
        .arg(format!("{package}@{version}")))?;
    ensure!(is_right(&file), "{} is not version {version}", file.display());
    Ok(Some(file))
}

/// Node.js and the packages of a folder.
pub(crate) fn node_packages(folder: &str) -> Result<()> {
    node()?;
    let packages = workspace::root().join(folder);
    let lock = std::fs::read(packages.join("package-lock.json"))?;
    let installed = packages.join("node_modules/.hubbub-lock");
    if std::fs::read(&installed).is_ok_and(|known| known == lock) {
        return Ok(());
    }
    println!("Installing the packages of {folder}/");
    run(program("npm").current_dir(&packages).args(["ci", "--no-audit", "--no-fund"]))
        .context("there must be npm, which comes with Node.js")?;
    Ok(std::fs::write(installed, lock)?)
}

/// A Python in an environment of its own, under the target folder, that has the packages which
/// `requirements.txt` of a folder names.
pub(crate) fn python_packages(folder: &str) -> Result<PathBuf> {
    let requirements = workspace::root().join(folder).join("requirements.txt");
    let wanted = std::fs::read(&requirements)?;
    let environment = workspace::target()?.join(folder);
    let own = environment.join("bin/python");
    let installed = environment.join(".hubbub-requirements");
    if own.is_file() && std::fs::read(&installed).is_ok_and(|known| known == wanted) {
        return Ok(own);
    }
    python()?;
    println!("Installing the packages of {folder}/");
    run(program("python3").args(["-m", "venv", "--clear"]).arg(&environment))?;
    run(program(&own)
        .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement"])
        .arg(&requirements))?;
    std::fs::write(installed, wanted)?;
    Ok(own)
}

/// Python, recent enough, and with what makes environments, which Debian packs by itself.
fn python() -> Result<()> {
    const IS_RECENT: &str = "import sys; sys.exit(sys.version_info < (3, 11))";
    const HAS_VENV: &str = "import ensurepip, venv";
    let does = |script| answer(program("python3").args(["-c", script])).is_some();
    if !(does(IS_RECENT) && does(HAS_VENV)) && may_install() {
        println!("Python or its venv is missing: installing Debian's.");
        from_debian(&["python3", "python3-venv"])?;
    }
    ensure!(
        does(IS_RECENT),
        "there is no `python3` of version 3.11 or later: type `sudo apt-get install python3`, or \
         your system's word for it"
    );
    ensure!(
        does(HAS_VENV),
        "Python has no `venv`: type `sudo apt-get install python3-venv`, or your system's word for it"
    );
    Ok(())
}

/// Node.js, recent enough to run the browser tests.
pub(crate) fn node() -> Result<()> {
    let Some(version) = answer(program("node").arg("--version")) else {
        bail!(
            "there is no `node`: install Node.js {NODE} or later from https://nodejs.org or your system's packages"
        );
    };
    let major =
        version.trim_start_matches('v').split('.').next().and_then(|major| major.parse().ok());
    ensure!(
        major.is_some_and(|major: u32| major >= NODE),
        "Node.js is {version}: install {NODE} or later from https://nodejs.org or your system's packages"
    );
    Ok(())
}

/// The browser of the walks: the one named, else one on the search path, else Debian's.
pub(crate) fn chromium(named: Option<&Path>) -> Result<PathBuf> {
    const NAMES: [&str; 4] =
        ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
    if let Some(file) = named {
        ensure!(file.is_file(), "HUBBUB_CHROMIUM names {}, which is not there", file.display());
        return Ok(file.to_owned());
    }
    let find = || NAMES.iter().flat_map(|name| on_path(name)).next();
    if let Some(file) = find() {
        return Ok(file);
    }
    if may_install() {
        println!("Chromium is missing: installing Debian's, with a Chinese font.");
        from_debian(&["chromium", "fonts-noto-cjk"])?;
    }
    find().context(
        "there is no Chromium: type `sudo apt-get install chromium` (or your system's word for \
         it), or name one in HUBBUB_CHROMIUM",
    )
}

/// The web server that tests put between clients and the server.
pub(crate) fn nginx() -> Result<()> {
    const NAME: &str = "nginx";
    if on_path(NAME).is_empty() && may_install() {
        println!("nginx is missing: installing Debian's.");
        from_debian(&[NAME])?;
    }
    ensure!(
        !on_path(NAME).is_empty(),
        "there is no `nginx`: type `sudo apt-get install nginx`, or your system's word for it"
    );
    Ok(())
}

/// Firefox: the one named, else one on the search path, else Debian's.
pub(crate) fn firefox(named: Option<&Path>) -> Result<PathBuf> {
    if let Some(file) = named {
        ensure!(file.is_file(), "HUBBUB_FIREFOX names {}, which is not there", file.display());
        return Ok(file.to_owned());
    }
    let find = || ["firefox-esr", "firefox"].iter().flat_map(|name| on_path(name)).next();
    if let Some(file) = find() {
        return Ok(file);
    }
    if may_install() {
        println!("Firefox is missing: installing Debian's, with a Chinese font.");
        from_debian(&["firefox-esr", "fonts-noto-cjk"])?;
    }
    find().context(
        "there is no Firefox: type `sudo apt-get install firefox-esr` (or your system's word for \
         it), or name one in HUBBUB_FIREFOX",
    )
}

/// What Firefox is told what to do by.
pub(crate) fn geckodriver() -> Result<PathBuf> {
    let build = [("OPT_LEVEL", "0"), ("LTO", "off"), ("DEBUG", "0"), ("CODEGEN_UNITS", "16")];
    from_cargo("geckodriver", "geckodriver", GECKODRIVER, &["--locked"], &build)
}

/// Whether packages of the system can be installed without asking anybody.
fn may_install() -> bool {
    answer(program("id").arg("-u")).as_deref() == Some("0") && !on_path("apt-get").is_empty()
}

fn from_debian(packages: &[&str]) -> Result<()> {
    run(program("apt-get").args(["update", "--quiet"]))?;
    run(program("apt-get")
        .args(["install", "--yes", "--quiet", "--no-install-recommends"])
        .args(packages)
        .env("DEBIAN_FRONTEND", "noninteractive"))
}

/// `program` of `package` at `version`, built with `profile` if it has to be.
fn from_cargo(
    package: &str,
    name: &str,
    version: &str,
    flags: &[&str],
    profile: &[(&str, &str)],
) -> Result<PathBuf> {
    let is_right = |file: &Path| says(file, version);
    if let Some(file) = on_path(name).into_iter().find(|file| is_right(file)) {
        return Ok(file);
    }
    let folder = cache(&format!("{name}-{version}"))?;
    let file = folder.join("bin").join(name);
    if is_right(&file) {
        return Ok(file);
    }
    install(package, version, &folder, flags, profile)?;
    ensure!(is_right(&file), "{} is not version {version}", file.display());
    Ok(file)
}

fn install(
    package: &str,
    version: &str,
    folder: &Path,
    flags: &[&str],
    profile: &[(&str, &str)],
) -> Result<()> {
    println!("{package} {version} is missing: building it into {}", folder.display());
    let mut install = cargo("install");
    install.args([package, "--version", version, "--root"]).arg(folder).args(flags);
    // A build folder of the person's own would be filled with a foreign program.
    install.env_remove("CARGO_TARGET_DIR");
    for (key, value) in profile {
        install.env(format!("CARGO_PROFILE_RELEASE_{key}"), value);
    }
    run(&mut install)
}

fn says(file: &Path, version: &str) -> bool {
    file.is_file()
        && answer(program(file).arg("--version")).is_some_and(|text| {
            let mut rest = text.as_str();
            // `1.2.3` must not be found in `1.2.30`.
            while let Some(at) = rest.find(version) {
                rest = &rest[at + version.len()..];
                if !rest.starts_with(|next: char| next.is_ascii_digit()) {
                    return true;
                }
            }
            false
        })
}

#[expect(clippy::disallowed_methods, reason = "the person's cache folder is named there")]
fn cache(tool: &str) -> Result<PathBuf> {
    let own = env::var_os("XDG_CACHE_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
    let base = own
        .or_else(|| env::home_dir().map(|home| home.join(".cache")))
        .context("there is no home folder: set XDG_CACHE_HOME")?;
    Ok(base.join("hubbub/tools").join(tool))
}
