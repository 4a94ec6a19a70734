//! Where parts of the program are to come on demand, the linker leaves in it what refers to what:
//! with that it can be taken apart.
#![expect(clippy::disallowed_methods, reason = "how cargo talks to a build script")]

use std::env;

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    let wasm = env::var("CARGO_CFG_TARGET_FAMILY").is_ok_and(|family| family == "wasm");
    if wasm && env::var_os("CARGO_FEATURE_SPLIT").is_some() {
        println!("cargo:rustc-link-arg-bins=--emit-relocs");
    }
}
