//! The clients of `examples/`: installed as their readers are told to, and made to talk with each
//! other through a server that is killed.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use crate::{
    process::{program, watch},
    server,
    suite::{AGAIN, Tally},
    tools, workspace,
};

/// What the examples need that this repository does not make.
#[derive(Debug)]
pub(crate) struct Needs {
    python: PathBuf,
}

impl Needs {
    /// Finds or installs all of it. The error says what is missing and what to type.
    pub(crate) fn find() -> Result<Self> {
        tools::node_packages("examples/node").context("the examples need Node.js")?;
        let python = tools::python_packages("examples/python");
        Ok(Self { python: python.context("the examples need Python")? })
    }

    /// Lets them talk, by the server that is named or else by one built now.
    pub(crate) fn talk(&self, server: Option<&Path>) -> Result<(Tally, bool)> {
        let server = server::for_walks(server)?;
        let mut tally = Tally::default();
        let mut node = program("node");
        node.current_dir(workspace::root().join("e2e"))
            .args(["--test", "--test-reporter=spec", "examples/talk.test.mjs"])
            .env("HUBBUB_BINARY", server)
            .env("HUBBUB_PYTHON", &self.python)
            .env(AGAIN, "1");
        let success = watch(&mut node, |line| tally.add_node_line(line))?;
        Ok((tally, success))
    }
}
