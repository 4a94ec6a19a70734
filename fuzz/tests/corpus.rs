//! Every text of the corpora, held to what must hold of any.

use fuzz::TARGETS;
use std::fs;
use std::path::Path;

#[test]
fn what_has_been_found_and_one_of_each_kind_holds() {
    for (name, check) in TARGETS {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(name);
        let mut held = 0;
        for file in fs::read_dir(&folder).unwrap() {
            let path = file.unwrap().path();
            let text = String::from_utf8_lossy(&fs::read(&path).unwrap()).into_owned();
            println!("{}", path.display());
            check(&text);
            held += 1;
        }
        assert!(held > 0, "{} is empty", folder.display());
    }
}
