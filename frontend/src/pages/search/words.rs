//! The words of a search as they were typed: what in them narrows it, adding to it and taking it
//! away. What they mean, the server decides.

/// The filters, by the names that the server reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Filter {
    From,
    In,
    Has,
    Is,
    Before,
    Since,
    On,
}

impl Filter {
    fn named(name: &str) -> Option<Self> {
        Some(match name.to_lowercase().as_str() {
            "from" | "来自" => Self::From,
            "in" | "在" => Self::In,
            "has" | "含" => Self::Has,
            "is" | "是" => Self::Is,
            "before" | "早于" => Self::Before,
            "after" | "since" | "自从" => Self::Since,
            "on" | "日期" => Self::On,
            _ => return None,
        })
    }
}

/// A filter as it stands in the words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Narrowing {
    pub filter: Filter,
    pub value: String,
    /// What is found must not be so.
    pub excluded: bool,
    /// As it was typed.
    pub text: String,
}

/// What narrows the search, in the order in which it was typed.
pub(super) fn narrowings(words: &str) -> Vec<Narrowing> {
    parts(words).into_iter().filter_map(narrowing).collect()
}

fn narrowing(part: &str) -> Option<Narrowing> {
    let (excluded, rest) = part.strip_prefix('-').map_or((false, part), |rest| (true, rest));
    let (name, value) = rest.split_once([':', '：'])?;
    let value = value.trim_matches(['"', '“', '”', '「', '」']);
    if value.is_empty() {
        return None;
    }
    let filter = Filter::named(name)?;
    Some(Narrowing { filter, value: value.to_owned(), excluded, text: part.to_owned() })
}

/// The words without this part of them.
pub(super) fn without(words: &str, part: &str) -> String {
    parts(words).into_iter().filter(|other| *other != part).collect::<Vec<_>>().join(" ")
}

/// The words with this filter, in place of those of its kind of which only one can hold.
pub(super) fn with(words: &str, filter: &str) -> String {
    let new = narrowing(filter).map(|narrowing| narrowing.filter);
    let replaced = |part: &&str| {
        let known = narrowing(part).map(|narrowing| narrowing.filter);
        let one_holds = matches!(new, Some(Filter::Before | Filter::Since | Filter::On));
        *part == filter || (one_holds && known == new)
    };
    let mut parts: Vec<&str> = parts(words).into_iter().filter(|part| !replaced(part)).collect();
    parts.push(filter);
    parts.join(" ")
}

/// Splits at white space outside of quotes.
fn parts(words: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut begin = None;
    let mut close = None;
    for (at, char) in words.char_indices() {
        if close == Some(char) {
            close = None;
        } else if close.is_none() {
            close = match char {
                '"' => Some('"'),
                '“' => Some('”'),
                '「' => Some('」'),
                _ => None,
            };
        }
        if char.is_whitespace() && close.is_none() {
            parts.extend(begin.take().and_then(|begin| words.get(begin..at)));
        } else {
            begin.get_or_insert(at);
        }
    }
    parts.extend(begin.and_then(|begin| words.get(begin..)));
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_narrows_a_search_is_told_from_its_words() {
        let found = narrowings("lunch from:mira -in:\"two rooms\" has:link on: 12:30 自从：7d");
        let told: Vec<_> = found
            .iter()
            .map(|narrowing| (narrowing.filter, narrowing.value.as_str(), narrowing.excluded))
            .collect();
        assert_eq!(
            told,
            [
                (Filter::From, "mira", false),
                (Filter::In, "two rooms", true),
                (Filter::Has, "link", false),
                (Filter::Since, "7d", false),
            ]
        );
    }

    #[test]
    fn a_filter_is_added_once_and_taken_away_again() {
        assert_eq!(with("lunch", "from:me"), "lunch from:me");
        assert_eq!(with("from:me lunch", "from:me"), "lunch from:me");
        assert_eq!(with("lunch after:7d", "after:today"), "lunch after:today");
        assert_eq!(with("from:me", "from:mira"), "from:me from:mira");
        assert_eq!(without("lunch  from:me \"a b\"", "from:me"), "lunch \"a b\"");
        assert_eq!(without("-in:\"two rooms\"", "-in:\"two rooms\""), "");
    }
}
