//! What came out: a table for people, JSON for comparing one day with another.

use crate::machine::Machine;
use anyhow::Result;
use core::fmt;
use serde::Serialize;
use std::fs;
use std::path::{Path, PathBuf};

#[derive(Debug, Clone, Serialize)]
pub(crate) struct Figure {
    pub(crate) name: &'static str,
    pub(crate) value: f64,
    /// The project's own promise, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) at_most: Option<f64>,
}

/// One workload, measured once.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Row {
    pub(crate) workload: String,
    pub(crate) figures: Vec<Figure>,
    /// What did not go as it should.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) troubles: Vec<String>,
}

impl Row {
    pub(crate) fn new(workload: impl Into<String>) -> Self {
        Self { workload: workload.into(), figures: Vec::new(), troubles: Vec::new() }
    }

    #[must_use]
    pub(crate) fn with(mut self, name: &'static str, value: f64) -> Self {
        self.figures.push(Figure { name, value, at_most: None });
        self
    }

    #[must_use]
    pub(crate) fn with_limit(mut self, name: &'static str, value: f64, at_most: f64) -> Self {
        self.figures.push(Figure { name, value, at_most: Some(at_most) });
        self
    }

    fn names(&self) -> Vec<&'static str> {
        self.figures.iter().map(|figure| figure.name).collect()
    }
}

#[derive(Debug, Serialize)]
pub(crate) struct Report {
    machine: Machine,
    /// Too short to quote.
    short: bool,
    /// The median of each figure over all runs.
    medians: Vec<Row>,
    runs: Vec<Row>,
}

impl Report {
    pub(crate) fn new(machine: Machine, short: bool, runs: Vec<Row>) -> Self {
        let mut medians: Vec<Row> = Vec::new();
        for row in &runs {
            if medians.iter().any(|median| median.workload == row.workload) {
                continue;
            }
            let same: Vec<&Row> =
                runs.iter().filter(|other| other.workload == row.workload).collect();
            medians.push(median(&same));
        }
        Self { machine, short, medians, runs }
    }

    /// Writes the report to a file named by the time, and answers its path.
    pub(crate) fn write(&self, folder: &Path) -> Result<PathBuf> {
        let name: String = self.machine.date.chars().filter(char::is_ascii_digit).collect();
        let file = folder.join(format!("load-{name}.json"));
        fs::write(&file, serde_json::to_vec_pretty(self)?)?;
        Ok(file)
    }
}

/// Of each figure by itself; troubles of all.
fn median(rows: &[&Row]) -> Row {
    let Some(first) = rows.first() else { return Row::new("nothing") };
    let figures = first.figures.iter().map(|figure| {
        let mut values: Vec<f64> = rows
            .iter()
            .flat_map(|row| &row.figures)
            .filter(|other| other.name == figure.name)
            .map(|other| other.value)
            .collect();
        values.sort_by(f64::total_cmp);
        Figure { value: values[values.len() / 2], ..figure.clone() }
    });
    Row {
        workload: first.workload.clone(),
        figures: figures.collect(),
        troubles: rows.iter().flat_map(|row| row.troubles.clone()).collect(),
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.medians.as_slice();
        while let Some(first) = rest.first() {
            let names = first.names();
            let same = rest.iter().take_while(|row| row.names() == names).count();
            let (table, further) = rest.split_at(same);
            write_table(f, &names, table)?;
            rest = further;
        }
        for row in &self.medians {
            for trouble in &row.troubles {
                writeln!(f, "{}: {trouble}", row.workload)?;
            }
        }
        if self.short {
            writeln!(f, "\nA short run: it shows that things work, not how fast.")?;
        }
        Ok(())
    }
}

fn write_table(f: &mut fmt::Formatter<'_>, names: &[&str], rows: &[Row]) -> fmt::Result {
    let widest = rows.iter().map(|row| row.workload.chars().count()).max().unwrap_or(0);
    let cells: Vec<Vec<String>> =
        rows.iter().map(|row| row.figures.iter().map(cell).collect()).collect();
    let widths: Vec<usize> = names
        .iter()
        .enumerate()
        .map(|(column, name)| {
            let widest = cells.iter().map(|row| row[column].chars().count()).max();
            widest.unwrap_or(0).max(name.chars().count())
        })
        .collect();
    write!(f, "\n{:widest$}", "")?;
    for (name, width) in names.iter().zip(&widths) {
        write!(f, "  {name:>width$}")?;
    }
    writeln!(f)?;
    for (row, cells) in rows.iter().zip(&cells) {
        write!(f, "{:widest$}", row.workload)?;
        for (cell, width) in cells.iter().zip(&widths) {
            write!(f, "  {cell:>width$}")?;
        }
        writeln!(f)?;
    }
    Ok(())
}

/// Three digits, and how it stands to the promise.
fn cell(figure: &Figure) -> String {
    let value = figure.value;
    let number = match value.abs() {
        0.0 => "0".to_owned(),
        size if size >= 100.0 => grouped(value.round() as i64),
        size if size >= 10.0 => format!("{value:.1}"),
        size if size >= 1.0 => format!("{value:.2}"),
        _ => format!("{value:.3}"),
    };
    match figure.at_most {
        Some(limit) if value > limit => format!("{number} (over {limit}!)"),
        Some(limit) => format!("{number} (≤ {limit})"),
        None => number,
    }
}

fn grouped(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut text = if number < 0 { "-".to_owned() } else { String::new() };
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_of_runs_is_taken_figure_by_figure() {
        let row = |p50, p99| Row::new("W2").with("p50", p50).with("p99", p99);
        let median = median(&[&row(1.0, 9.0), &row(3.0, 7.0), &row(2.0, 8.0)]);
        let values: Vec<f64> = median.figures.iter().map(|figure| figure.value).collect();
        assert_eq!(values, [2.0, 8.0]);
    }

    #[test]
    fn numbers_have_three_digits_and_say_when_a_promise_is_broken() {
        let figure = |value, at_most| Figure { name: "x", value, at_most };
        assert_eq!(cell(&figure(1_234_567.8, None)), "1,234,568");
        assert_eq!(cell(&figure(0.1234, None)), "0.123");
        assert_eq!(cell(&figure(25.0, Some(24.0))), "25.0 (over 24!)");
        assert_eq!(cell(&figure(3.0, Some(24.0))), "3.00 (≤ 24)");
    }
}
