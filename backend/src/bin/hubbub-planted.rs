//! The program with bugs that can be asked for: see `backend::planted`.

#[path = "../main.rs"]
mod program;

fn main() -> std::process::ExitCode {
    program::main()
}
