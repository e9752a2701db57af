//! What there is to be cited: files, definitions in Rust, crates in manifests.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// All files below a folder whose names end like this, without what programs make.
pub fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap()) {
        let (name, path) = (entry.file_name(), entry.path());
        let name = name.to_string_lossy();
        if entry.file_type().unwrap().is_dir() {
            if !made(&name) && name != ".git" {
                found.extend(files(&path, ending));
            }
        } else if name.ends_with(ending) {
            found.push(path.strip_prefix(".").unwrap_or(&path).to_owned());
        }
    }
    found.sort();
    found
}

/// Whether programs make what has this name at the top.
pub fn made(name: &str) -> bool {
    include_str!("../../.gitignore").lines().any(|line| line.trim_start_matches('/') == name)
}

/// Whether a Rust file, or one of those in a folder, defines this: a function, a type, a constant, a variant or a field.
pub fn defines(path: &Path, name: &str) -> bool {
    let files = if path.is_dir() { files(path, ".rs") } else { vec![path.to_owned()] };
    files.iter().any(|file| std::fs::read_to_string(file).unwrap().lines().any(|line| begins(line.trim(), name)))
}

fn begins(line: &str, name: &str) -> bool {
    let ends = |rest: &str| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_');
    let mut words = line.split_whitespace();
    let kind = words.find(|word| !word.starts_with("pub") && !["async", "const"].contains(word));
    let keyword = kind.is_some_and(|kind| ["fn", "struct", "enum", "trait", "type", "static"].contains(&kind));
    let defined = if keyword { words.next() } else { None };
    // `const fn` is a function; `const NAME` a constant.
    let constant = line.split_once("const ").map(|(_, rest)| rest).filter(|_| !keyword);
    let field = kind == Some(&format!("{name}:"));
    let variant = Some(line).filter(|_| name.starts_with(|c: char| c.is_uppercase()) && !line.contains("=>"));
    field || [defined, constant, variant].into_iter().flatten().any(|text| text.strip_prefix(name).is_some_and(ends))
}

/// The crates that a manifest names in this section.
pub fn crates(manifest: &str, section: &str) -> BTreeSet<String> {
    let mut inside = false;
    let mut crates = BTreeSet::new();
    for line in manifest.lines() {
        if line.starts_with('[') {
            inside = line == format!("[{section}]");
        } else if inside && let Some(name) = line.split(['=', '.', ' ']).next().filter(|name| !name.is_empty()) {
            crates.insert(name.to_owned());
        }
    }
    crates.remove("#");
    crates
}
