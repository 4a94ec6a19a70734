//! Log lines, on the standard error. What comes from outside cannot make lines of its own.

use crate::config::{LogConfig, LogFormat};
use core::fmt::{self, Write as _};
use std::io;
use tracing_subscriber::field::MakeExt as _;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::format::debug_fn;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::{SubscriberInitExt as _, TryInitError};

/// Begins to log, once for the process.
pub fn start(config: &LogConfig) -> Result<(), TryInitError> {
    // The filter was read when the configuration was.
    let filter = config.filter.parse().unwrap_or_else(|_| Targets::default());
    let lines = tracing_subscriber::fmt::layer().with_writer(io::stderr);
    let registry = tracing_subscriber::registry().with(filter);
    std::panic::set_hook(Box::new(|panic| tracing::error!(%panic, "a defect in the server")));
    match config.format {
        LogFormat::Plain => {
            let fields = debug_fn(|line, field, value| {
                let name = field.name();
                if name != "message" {
                    write!(line, "{name}=")?;
                }
                write!(Visible(line), "{value:?}")
            })
            .delimited(" ");
            registry.with(lines.with_ansi(false).fmt_fields(fields)).try_init()
        }
        LogFormat::Json => registry.with(lines.json().flatten_event(true)).try_init(),
    }
}

/// Writes control characters as what they are called.
struct Visible<W>(W);

impl<W: fmt::Write> fmt::Write for Visible<W> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for char in text.chars() {
            if char.is_control() {
                write!(self.0, "{}", char.escape_default())?;
            } else {
                self.0.write_char(char)?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_named() {
        let mut line = String::new();
        write!(Visible(&mut line), "Anna\r\nERROR forged\x1b[31m\u{9b}é").unwrap();
        assert_eq!(line, "Anna\\r\\nERROR forged\\u{1b}[31m\\u{9b}é");
    }
}
