//! Maps of what one person's page holds: few entries, each drawn in order.
//!
//! Sorted vectors. A B-tree is compiled anew for each type of entry, 7 KB a time. Entries that
//! come in the order of their keys are appended; what comes in any order and by the thousand
//! belongs in a `HashMap`, as does what has no order.

use litemap::LiteMap;

pub type Map<K, V> = LiteMap<K, V>;

/// Filled one by one: `collect` sorts first, and the sort is compiled anew for each type of entry
/// too. The last of several values under one key stays.
pub fn map<K: Ord, V>(entries: impl IntoIterator<Item = (K, V)>) -> Map<K, V> {
    let mut map = Map::new();
    for (key, value) in entries {
        map.insert(key, value);
    }
    map
}
