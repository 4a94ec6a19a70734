//! Maps and sets, filled one by one: `collect` sorts first, and the sort is compiled anew for each
//! type of entry, 5 KB a time.

use std::collections::{BTreeMap, BTreeSet};

/// The last of several values under one key stays.
pub fn map<K: Ord, V>(entries: impl IntoIterator<Item = (K, V)>) -> BTreeMap<K, V> {
    let mut map = BTreeMap::new();
    map.extend(entries);
    map
}

pub fn set<K: Ord>(keys: impl IntoIterator<Item = K>) -> BTreeSet<K> {
    let mut set = BTreeSet::new();
    set.extend(keys);
    set
}
