//! A provider knows its own part of the world. Only the wiring knows all of them, and nobody knows the wiring.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use regex::Regex;

/// What puts the world together.
const WIRING: [&str; 6] = ["control", "gateway", "lib", "main", "server", "world"];

/// The names of the folders, or of the files, in one.
fn names_in(folder: &Path, folders: bool) -> BTreeSet<String> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let wanted = entries.filter(|path| path.is_dir() == folders);
    wanted.map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned()).collect()
}

/// The modules that a file's code names by their path from the crate's root.
fn uses(file: &Path, root: &str) -> BTreeSet<String> {
    let text = fs::read_to_string(file).unwrap();
    let code: String = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
    let path = Regex::new(&format!(r"\b(?:crate|{root})::(\{{[^;]*;|\w+)")).unwrap();
    let word = Regex::new(r"\w+").unwrap();
    let named = path.captures_iter(&code).flat_map(|found| {
        let words = word.find_iter(found.get(1).unwrap().as_str());
        words.map(|word| word.as_str().to_owned()).collect::<Vec<_>>()
    });
    named.collect()
}

#[test]
fn no_provider_knows_another_nor_who_puts_the_world_together() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let (providers, files) = (names_in(&src, true), names_in(&src, false));
    let wiring: BTreeSet<String> = WIRING.map(str::to_owned).into();
    assert!(wiring.is_subset(&files) && providers.len() >= 4, "{files:?} {providers:?}");
    let mut wrong = Vec::new();
    for file in files.difference(&wiring) {
        let known = uses(&src.join(format!("{file}.rs")), "super");
        wrong.extend(
            known
                .iter()
                .filter(|it| wiring.contains(*it) || providers.contains(*it))
                .map(|it| format!("{file} → {it}")),
        );
    }
    for provider in &providers {
        for file in names_in(&src.join(provider), false) {
            let known = uses(&src.join(provider).join(format!("{file}.rs")), "super::super");
            let wrongly =
                known.iter().filter(|it| wiring.contains(*it) || (providers.contains(*it) && *it != provider));
            wrong.extend(wrongly.map(|it| format!("{provider}/{file} → {it}")));
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}
