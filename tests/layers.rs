//! One way down: each folder of `src` uses those below it and none above, and the table in the docs says so.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{read_dir, read_to_string};
use std::path::{Path, PathBuf};

/// The folders, from the top down, with what each is for.
const LAYERS: [(&str, &str); 8] = [
    ("runtime", "the process: wiring, controllers, watches, signals, probes, logs"),
    ("kinds", "one adapter a kind"),
    ("lifecycle", "what happens to every circuit: engine, passes, the decision, claims"),
    ("accounts", "ProviderAccounts: registry, controller, one file a provider"),
    ("cluster", "all that speaks to the API server but for watches: writes, Lease, events, documents, references"),
    ("providers", "how each provider speaks, on one HTTP transport; usable without Kubernetes"),
    ("api", "what users write and read: types, conditions, rules, CRDs"),
    ("base", "time, hashes, metrics, fail points"),
];

fn sources(folder: &Path) -> Vec<PathBuf> {
    let entries = read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let files = entries.flat_map(|path| if path.is_dir() { sources(&path) } else { vec![path] });
    files.filter(|path| path.extension().is_some_and(|extension| extension == "rs")).collect()
}

/// The folder's names in `crate::NAME` of a source, by whatever `use` or path.
fn used(source: &str) -> BTreeSet<&str> {
    let after = source.match_indices("crate::").map(|(at, found)| &source[at + found.len()..]);
    let names = after.map(|rest| rest.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap());
    names.filter(|name| LAYERS.iter().any(|(layer, _)| layer == name)).collect()
}

/// Which folders each folder uses.
fn arrows() -> BTreeMap<&'static str, BTreeSet<String>> {
    let of = |layer: &'static str| {
        let files = sources(&Path::new("src").join(layer));
        assert!(!files.is_empty(), "src/{layer} is empty");
        let all = files.iter().flat_map(|file| {
            let text = read_to_string(file).unwrap();
            assert!(!text.contains("use crate::{"), "{}: name one folder in each use", file.display());
            used(&text).into_iter().filter(|used| *used != layer).map(ToOwned::to_owned).collect::<Vec<_>>()
        });
        (layer, all.collect())
    };
    LAYERS.into_iter().map(|(layer, _)| of(layer)).collect()
}

fn table(arrows: &BTreeMap<&str, BTreeSet<String>>) -> String {
    let row = |(layer, what): &(&str, &str)| {
        let below = LAYERS.iter().map(|(name, _)| *name).filter(|name| arrows[layer].contains(*name));
        let below: Vec<String> = below.map(|name| format!("`{name}`")).collect();
        let below = if below.is_empty() { "nothing of ours".into() } else { below.join(", ") };
        format!("| `{layer}/` | {what} | {below} |\n")
    };
    let rows: String = LAYERS.iter().map(row).collect();
    format!("| folder | has | uses |\n| --- | --- | --- |\n{rows}")
}

#[test]
fn each_folder_uses_only_those_below_it() {
    let arrows = arrows();
    let place = |name: &str| LAYERS.iter().position(|(layer, _)| *layer == name).unwrap();
    println!("{}", table(&arrows));
    for (layer, used) in &arrows {
        let up: Vec<&String> = used.iter().filter(|other| place(other) < place(layer)).collect();
        assert!(up.is_empty(), "src/{layer} uses what is above it: {up:?}");
    }
}

#[test]
fn there_are_no_files_beside_main_and_lib() {
    let loose = read_dir("src").unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_file());
    let loose: BTreeSet<String> = loose.map(|path| path.file_name().unwrap().to_string_lossy().into_owned()).collect();
    assert_eq!(loose, ["lib.rs", "main.rs"].map(ToOwned::to_owned).into());
    let folders = read_dir("src").unwrap().filter(|entry| entry.as_ref().unwrap().path().is_dir()).count();
    assert_eq!(folders, LAYERS.len(), "a folder without a place among the layers");
}

#[test]
fn the_docs_show_the_table() {
    let docs = read_to_string("docs/architecture.md").unwrap();
    let shown = docs.split("<!-- layers -->").nth(1).and_then(|rest| rest.split("<!-- /layers -->").next());
    let table = table(&arrows());
    assert_eq!(
        shown.map(str::trim),
        Some(table.trim()),
        "put this between the marks in docs/architecture.md:\n{table}"
    );
}
