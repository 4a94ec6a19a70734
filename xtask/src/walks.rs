//! The browser walks of `e2e/`: real browsers, the real server, the real page.

use std::{
    ffi::OsStr,
    path::{Path, PathBuf},
};

use anyhow::{Result, ensure};

use crate::{
    page,
    process::{program, watch},
    server,
    suite::{AGAIN, Tally},
    tools::{self, PageTools},
    workspace,
};

/// What the walks need that this repository does not make.
#[derive(Debug)]
pub(crate) struct Needs {
    chromium: PathBuf,
    tools: PageTools,
}

impl Needs {
    /// Finds or installs all of it. The error says what is missing and what to type.
    pub(crate) fn find(chromium: Option<&Path>) -> Result<Self> {
        tools::node_packages("e2e")?;
        Ok(Self { chromium: tools::chromium(chromium)?, tools: PageTools::quick()? })
    }

    /// Walks all of `e2e/walks/`, or the files whose name contains `only`.
    /// Whoever asks for some wants to see them fail.
    pub(crate) fn walk(&self, only: Option<&str>, server: Option<&Path>) -> Result<(Tally, bool)> {
        let again = only.is_none().then_some((AGAIN, OsStr::new("1")));
        self.run(&files("e2e/walks", only)?, server, again.as_slice())
    }

    fn run(
        &self,
        files: &[PathBuf],
        server: Option<&Path>,
        more: &[(&str, &OsStr)],
    ) -> Result<(Tally, bool)> {
        let page = page::for_walks()?;
        let server = server::for_walks(server)?;
        let mut tally = Tally::default();
        let mut node = program("node");
        node.current_dir(workspace::root().join("e2e"))
            // Each walk measures what a person sees; two at once would measure each other.
            .args(["--test", "--test-concurrency=1", "--test-reporter=spec"])
            .args(files)
            .env("HUBBUB_BINARY", server)
            .env("HUBBUB_ASSETS", page)
            .env("HUBBUB_CHROMIUM", &self.chromium)
            .env("HUBBUB_TRUNK", self.tools.trunk_file())
            .envs(more.iter().copied())
            .env("PATH", self.tools.search_path()?);
        let success = watch(&mut node, |line| tally.add_node_line(line))?;
        Ok((tally, success))
    }
}

/// The walks of another browser, which talks with this one.
#[derive(Debug)]
pub(crate) struct Firefox {
    needs: Needs,
    browser: PathBuf,
    driver: PathBuf,
}

impl Firefox {
    /// Finds or installs all of it. The error says what is missing and what to type.
    pub(crate) fn find(chromium: Option<&Path>, firefox: Option<&Path>) -> Result<Self> {
        let browser = tools::firefox(firefox)?;
        Ok(Self { needs: Needs::find(chromium)?, browser, driver: tools::geckodriver()? })
    }

    /// Walks all of `e2e/firefox/`.
    pub(crate) fn walk(&self, server: Option<&Path>) -> Result<(Tally, bool)> {
        let more = [
            ("HUBBUB_FIREFOX", self.browser.as_os_str()),
            ("HUBBUB_GECKODRIVER", self.driver.as_os_str()),
            (AGAIN, OsStr::new("1")),
        ];
        self.needs.run(&files("e2e/firefox", None)?, server, &more)
    }
}

fn files(folder: &str, only: Option<&str>) -> Result<Vec<PathBuf>> {
    let folder = workspace::root().join(folder);
    let walks: Vec<PathBuf> = page::files(&folder)?
        .into_iter()
        .filter(|file| file.to_string_lossy().ends_with(".test.mjs"))
        .filter(|file| only.is_none_or(|only| file.to_string_lossy().contains(only)))
        .map(|file| folder.join(file))
        .collect();
    ensure!(!walks.is_empty(), "no walk in {} has this name", folder.display());
    Ok(walks)
}
