//! What came of a fault, for people.

use core::fmt::Display;

/// What was measured, and whether it is what was expected.
#[derive(Clone, Debug, Default)]
pub(crate) struct Finding {
    measured: Vec<String>,
    /// What is not as it should be.
    troubles: Vec<String>,
    /// Why nothing was done, where the machine does not allow it.
    left_out: Option<String>,
}

impl Finding {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Nothing was done, and nothing is shown by it: tests are run on machines that do not allow it.
    pub(crate) fn left_out(why: impl Display) -> Self {
        Self { left_out: Some(why.to_string()), ..Self::default() }
    }

    pub(crate) fn why_left_out(&self) -> Option<&str> {
        self.left_out.as_deref()
    }

    /// A figure that has no limit.
    #[must_use]
    pub(crate) fn with(mut self, measured: impl Display) -> Self {
        self.measured.push(measured.to_string());
        self
    }

    /// A figure that must be at most so much.
    #[must_use]
    pub(crate) fn at_most(mut self, what: &str, value: f64, limit: f64, unit: &str) -> Self {
        let mut said = format!("{what} {value:.2} {unit}");
        if limit.is_finite() {
            said = format!("{said} (at most {limit})");
        }
        if value > limit || value.is_nan() {
            self.troubles.push(said.clone());
        }
        self.measured.push(said);
        self
    }

    /// What must not be: nothing is said of it when there is none.
    #[must_use]
    pub(crate) fn without(mut self, troubles: impl IntoIterator<Item = impl Display>) -> Self {
        self.troubles.extend(troubles.into_iter().map(|trouble| trouble.to_string()));
        self
    }

    pub(crate) fn is_well(&self) -> bool {
        self.troubles.is_empty()
    }

    pub(crate) fn measured(&self) -> String {
        self.measured.join("; ")
    }

    pub(crate) fn troubles(&self) -> &[String] {
        &self.troubles
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_over_its_limit_and_one_that_is_none_are_no_success() {
        assert!(Finding::new().at_most("time", 1.0, 1.0, "s").is_well());
        assert!(!Finding::new().at_most("time", 1.1, 1.0, "s").is_well());
        assert!(!Finding::new().at_most("time", f64::NAN, 1.0, "s").is_well());
        assert!(!Finding::new().without(["something"]).is_well());
    }
}
