//! The docs against the tree: what they cite is there, where they say. Whoever moves or renames something learns here
//! which pages speak of it.

mod page;
mod tree;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use page::{Page, Part, length, links, quoted};
use tree::{crates, defines, files, made};

/// What is wrong on a page, each with its line.
type Flaws = Vec<String>;

const LONGEST: usize = 120;

fn pages() -> Vec<Page> {
    let all = files(Path::new("."), ".md");
    let hidden = |path: &Path| path.starts_with(".github");
    all.iter().filter(|path| !hidden(path)).map(|path| Page::read(path)).collect()
}

fn none(flaws_of: impl Fn(&Page) -> Flaws) {
    let flaws: Flaws = pages().iter().flat_map(flaws_of).collect();
    assert!(flaws.is_empty(), "\n{}", flaws.join("\n"));
}

fn flaw(page: &Page, line: usize, what: impl std::fmt::Display) -> String {
    format!("{}:{line}: {what}", page.path.display())
}

/// Where a page's own links and paths begin.
fn beside(page: &Page) -> &Path {
    page.path.parent().unwrap_or(Path::new(""))
}

fn there(path: &Path) -> bool {
    // What is empty is the top itself.
    path.as_os_str().is_empty() || path.exists()
}

fn broken_links(page: &Page) -> Flaws {
    let all = page.written().flat_map(|(line, text)| links(text).into_iter().map(move |target| (line, target)));
    let ours = all.filter(|(_, target)| !target.contains("://"));
    let broken = ours.filter(|(_, target)| {
        let (file, anchor) = target.split_once('#').unwrap_or((target, ""));
        let path = beside(page).join(file);
        let anchors = || if file.is_empty() { page.anchors() } else { Page::read(&path).anchors() };
        !there(&path) || !anchor.is_empty() && !anchors().iter().any(|there| there == anchor)
    });
    broken.map(|(line, target)| flaw(page, line, format_args!("no {target}"))).collect()
}

/// What looks like a path of ours: a folder, a file by its ending, or whatever begins with a folder of the top.
fn looks_like_a_path(text: &str) -> bool {
    const ENDINGS: &[&str] = &["rs", "md", "yaml", "yml", "toml", "sh", "json", "py", "txt", "tpl"];
    let plain = text.chars().all(|c| c.is_ascii_alphanumeric() || "/._-".contains(c)) && !text.starts_with('/');
    let first = text.split('/').next().unwrap_or_default();
    let ending = text.rsplit_once('.').is_some_and(|(name, end)| !name.is_empty() && ENDINGS.contains(&end));
    // What has a dot inside is a domain, such as that of an annotation.
    let folder = text.ends_with('/') && !first.trim_start_matches('.').contains('.');
    plain && !made(first) && (ending || folder || begins_at_the_top(text))
}

fn begins_at_the_top(text: &str) -> bool {
    text.split_once('/').is_some_and(|(first, _)| !first.is_empty() && !made(first) && Path::new(first).is_dir())
}

/// A path is said from the top, from `src/`, or from where the page is.
fn resolve(page: &Page, text: &str) -> Option<PathBuf> {
    let bases = [Path::new(""), Path::new("src"), beside(page)];
    bases.iter().map(|base| base.join(text)).find(|path| path.exists())
}

/// Of `src/api/<kind>.rs` the folder.
fn known_part(span: &str) -> &str {
    let known = span.split_once('<').and_then(|(known, _)| known.rsplit_once('/')).map_or(span, |(folder, _)| folder);
    if begins_at_the_top(known) { known } else { span }
}

fn missing_paths(page: &Page) -> Flaws {
    let mut flaws = Flaws::new();
    for (line, text) in page.written() {
        for (span, _) in quoted(text) {
            let path = known_part(span);
            if looks_like_a_path(path) && resolve(page, path).is_none() {
                flaws.push(flaw(page, line, format_args!("no {path}")));
            }
        }
    }
    for (line, text) in page.of(Part::Code) {
        for word in text.split_whitespace().filter(|word| looks_like_a_path(word) && begins_at_the_top(word)) {
            if resolve(page, word).is_none() {
                flaws.push(flaw(page, line, format_args!("no {word}")));
            }
        }
    }
    flaws
}

/// What is cited of a file, in parentheses right behind it: `` `cluster/leader.rs` (`Leadership::confirm`) ``.
fn missing_definitions(page: &Page) -> Flaws {
    let mut flaws = Flaws::new();
    for (line, block) in page.blocks() {
        for (path, after) in quoted(&block) {
            let cited = after.strip_prefix(" (").and_then(|inside| inside.split_once(')')).map(|(inside, _)| inside);
            let Some(cited) = cited.filter(|_| looks_like_a_path(path)) else { continue };
            let Some(file) = resolve(page, path).filter(|file| holds_rust(file)) else { continue };
            let names = quoted(cited).into_iter().flat_map(|(name, _)| name.split("::"));
            for name in names.filter(|name| is_name(name) && !defines(&file, name)) {
                flaws.push(flaw(page, line, format_args!("no {name} in {path}")));
            }
        }
    }
    flaws
}

fn holds_rust(path: &Path) -> bool {
    path.is_dir() && path.starts_with("src") || path.extension().is_some_and(|ending| ending == "rs")
}

fn is_name(text: &str) -> bool {
    text.chars().all(|c| c.is_alphanumeric() || c == '_') && !text.is_empty()
}

/// `Type::member`, wherever it is cited.
fn missing_members(page: &Page) -> Flaws {
    let houses = ["src", "simulator/src", "testenv/src", "tests"].map(Path::new);
    let mut flaws = Flaws::new();
    for (line, text) in page.written() {
        let members = quoted(text).into_iter().filter_map(|(span, _)| span.split_once("::"));
        let types = members.filter(|(type_, _)| is_name(type_) && type_.starts_with(|c: char| c.is_uppercase()));
        let ours = types.filter(|(_, member)| is_name(member));
        for (type_, member) in ours {
            if ![type_, member].iter().all(|name| houses.iter().any(|house| defines(house, name))) {
                flaws.push(flaw(page, line, format_args!("no {type_}::{member}")));
            }
        }
    }
    flaws
}

fn missing_targets(page: &Page) -> Flaws {
    let makefile = std::fs::read_to_string("Makefile").unwrap();
    let targets: BTreeSet<&str> = makefile.lines().filter_map(|line| Some(line.split_once(':')?.0)).collect();
    let spans = page.written().flat_map(|(line, text)| quoted(text).into_iter().map(move |(span, _)| (line, span)));
    let commands =
        spans.chain(page.of(Part::Code)).filter_map(|(line, text)| Some((line, text.trim().strip_prefix("make ")?)));
    let named = commands.filter_map(|(line, rest)| Some((line, rest.split_whitespace().next()?)));
    named
        .filter(|(_, target)| !targets.contains(target))
        .map(|(line, target)| flaw(page, line, format_args!("no target {target}")))
        .collect()
}

fn long_lines(page: &Page) -> Flaws {
    let long = page.of(Part::Prose).filter(|(_, text)| length(text) > LONGEST);
    long.map(|(line, text)| flaw(page, line, format_args!("{} characters", length(text)))).collect()
}

/// Mutants have the number of their rule in front.
fn is_mutant(name: &str) -> bool {
    let digits = name.strip_prefix('S').map(|rest| rest.trim_start_matches(|c: char| c.is_ascii_digit()));
    is_name(name)
        && digits.is_some_and(|rest| rest.len() + 1 < name.len() && rest.starts_with(|c: char| c.is_uppercase()))
}

#[test]
fn every_link_leads_somewhere() {
    none(broken_links);
}

#[test]
fn every_path_is_there() {
    none(missing_paths);
}

#[test]
fn what_is_cited_of_a_file_is_defined_there() {
    none(missing_definitions);
}

#[test]
fn what_is_cited_of_a_type_is_defined() {
    none(missing_members);
}

#[test]
fn every_target_is_in_the_makefile() {
    none(missing_targets);
}

#[test]
fn lines_are_short_but_for_tables_links_and_code() {
    none(long_lines);
}

#[test]
fn every_mutant_stands_in_safety_and_the_other_way_round() {
    let safety = Page::read(Path::new("docs/safety.md"));
    let spans = safety
        .blocks()
        .into_iter()
        .flat_map(|(_, block)| quoted(&block).into_iter().map(|(span, _)| span.to_owned()).collect::<Vec<_>>());
    let cited: BTreeSet<String> = spans.filter(|span| is_mutant(span)).collect();
    let mut tried = BTreeSet::new();
    for file in ["tests", "testenv"].iter().flat_map(|folder| files(Path::new(folder), ".rs")) {
        let text = std::fs::read_to_string(file).unwrap();
        let variants = text.lines().filter_map(|line| line.trim().strip_suffix(','));
        tried.extend(variants.filter(|name| is_mutant(name)).map(str::to_owned));
    }
    assert_eq!(cited, tried);
}

/// The crates that a page lists for a manifest: those of its dependencies, and those for its tests.
fn listed(page: &Page, manifest: &str) -> Option<[BTreeSet<String>; 2]> {
    let heading = format!("(`{manifest}`)");
    let begin = page.lines.iter().position(|(_, line)| line.starts_with("## ") && line.ends_with(&heading))?;
    let section = page.lines[begin + 1..].iter().map(|(_, line)| line).take_while(|line| !line.starts_with("## "));
    let mut sets = [BTreeSet::new(), BTreeSet::new()];
    let mut tests = 0;
    for line in section {
        if line.starts_with("### ") {
            tests = 1;
        }
        let cell = line.strip_prefix('|').and_then(|row| row.split('|').next()).unwrap_or_default();
        sets[tests].extend(quoted(cell).into_iter().map(|(name, _)| name.to_owned()));
    }
    Some(sets)
}

#[test]
fn every_crate_has_its_reason_and_every_reason_its_crate() {
    let page = Page::read(Path::new("docs/dependencies.md"));
    for path in files(Path::new("."), "Cargo.toml") {
        let name = path.to_str().unwrap();
        let manifest = std::fs::read_to_string(&path).unwrap();
        let wanted = ["dependencies", "dev-dependencies"].map(|section| crates(&manifest, section));
        let listed = listed(&page, name).unwrap_or_else(|| panic!("dependencies.md has no section for {name}"));
        assert_eq!(listed, wanted, "{name}: what dependencies.md lists, and what the manifest names");
    }
}

#[test]
fn what_code_cites_of_the_docs_is_there() {
    let mut flaws = Flaws::new();
    for file in
        ["src", "simulator", "testenv", "tests", "benches", "fuzz"].iter().flat_map(|top| files(Path::new(top), ".rs"))
    {
        let text = std::fs::read_to_string(&file).unwrap();
        for (number, line) in text.lines().enumerate().filter(|(_, line)| line.trim().starts_with("//")) {
            for after in line.split("docs/").skip(1) {
                let Some((name, rest)) = after.split_once(".md") else { continue };
                let page = Path::new("docs").join(format!("{name}.md"));
                let section = rest.trim_start_matches('`').split_whitespace().next().unwrap_or_default();
                let section = section.trim_end_matches(|c: char| !c.is_ascii_digit());
                let numbered = section.starts_with(|c: char| c.is_ascii_digit()) && section.contains('.');
                let heading = format!("## {section} ");
                let known = |page: &Page| page.lines.iter().any(|(_, line)| line.starts_with(&heading));
                if !page.exists() || numbered && !known(&Page::read(&page)) {
                    flaws.push(format!("{}:{}: no {} {section}", file.display(), number + 1, page.display()));
                }
            }
        }
    }
    assert!(flaws.is_empty(), "\n{}", flaws.join("\n"));
}

/// The checks themselves: each must find what is wrong here, and nothing else.
#[test]
fn what_is_wrong_is_found() {
    let text = "# One\n\n[a](#one) [b](#two) [c](nowhere.md) [d](https://example.net/x)\n\
                `src/main.rs` (`main`), `src/main.rs` (`started`: why), `src/gone.rs`, `v1/token`\n\
                `Nobody::here`, `make nothing`\n\n    ls src/gone/\n";
    let page = Page::new(Path::new("docs/page.md"), &format!("{text}{}\n", "x".repeat(LONGEST + 1)));
    assert_eq!(broken_links(&page), ["docs/page.md:3: no #two", "docs/page.md:3: no nowhere.md"]);
    assert_eq!(missing_paths(&page), ["docs/page.md:4: no src/gone.rs", "docs/page.md:7: no src/gone/"]);
    assert_eq!(missing_definitions(&page), ["docs/page.md:3: no started in src/main.rs"]);
    assert_eq!(missing_members(&page), ["docs/page.md:5: no Nobody::here"]);
    assert_eq!(missing_targets(&page), ["docs/page.md:5: no target nothing"]);
    assert_eq!(long_lines(&page), ["docs/page.md:8: 121 characters"]);
}
