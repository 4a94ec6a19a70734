//! The names of bugs to have: `HUBBUB_PLANTED`, read only by a program that can have them.

#[expect(clippy::disallowed_methods, reason = "no option of the server: nobody is to find it")]
pub fn planted() -> String {
    std::env::var("HUBBUB_PLANTED").unwrap_or_default()
}
