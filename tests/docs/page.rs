//! A page of Markdown, taken apart as far as its citations need it.

use std::path::{Path, PathBuf};

/// What a line is part of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    Prose,
    Table,
    Code,
}

/// A page, by its path from the top.
pub struct Page {
    pub path: PathBuf,
    pub lines: Vec<(Part, String)>,
}

impl Page {
    pub fn read(path: &Path) -> Self {
        let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        Self::new(path, &text)
    }

    pub fn new(path: &Path, text: &str) -> Self {
        let mut lines = Vec::new();
        let (mut fenced, mut before) = (false, (Part::Prose, ""));
        for line in text.lines() {
            let fence = line.trim_start().starts_with("```");
            // Four blanks are code after an empty line, or after code; else they go on with a paragraph.
            let indented = line.starts_with("    ") && (before.0 == Part::Code || before.1.is_empty());
            let part = match line.trim_start().chars().next() {
                _ if fenced || fence || indented => Part::Code,
                Some('|') => Part::Table,
                _ => Part::Prose,
            };
            fenced ^= fence;
            before = (part, line);
            lines.push((part, line.to_owned()));
        }
        Self { path: path.to_owned(), lines }
    }

    /// The lines of this part, with their numbers.
    pub fn of(&self, part: Part) -> impl Iterator<Item = (usize, &str)> {
        let lines = self.lines.iter().enumerate();
        lines.filter(move |(_, line)| line.0 == part).map(|(n, line)| (n + 1, line.1.as_str()))
    }

    /// The lines for people: all but code.
    pub fn written(&self) -> impl Iterator<Item = (usize, &str)> {
        let lines = self.lines.iter().enumerate();
        lines.filter(|(_, line)| line.0 != Part::Code).map(|(n, line)| (n + 1, line.1.as_str()))
    }

    /// What belongs together, on one line each: paragraphs, items of lists, rows of tables.
    pub fn blocks(&self) -> Vec<(usize, String)> {
        let mut blocks: Vec<(usize, String)> = Vec::new();
        let mut goes_on = false;
        for (number, line) in self.written() {
            let text = line.trim();
            let begins = text.is_empty() || text.starts_with(['|', '#', '-']);
            match blocks.last_mut() {
                Some((_, block)) if goes_on && !begins => *block = format!("{block} {text}"),
                _ => blocks.push((number, text.to_owned())),
            }
            goes_on = !text.is_empty();
        }
        blocks
    }

    /// The anchors of its headings, as GitHub makes them.
    pub fn anchors(&self) -> Vec<String> {
        let headings = self.of(Part::Prose).filter(|(_, line)| line.starts_with('#'));
        let mut anchors: Vec<String> = Vec::new();
        for (_, heading) in headings {
            let text = heading.trim_start_matches('#').trim().to_lowercase();
            let kept = text.chars().filter(|c| c.is_alphanumeric() || [' ', '-', '_'].contains(c));
            let anchor: String = kept.map(|c| if c == ' ' { '-' } else { c }).collect();
            let same = anchors.iter().filter(|other| **other == anchor).count();
            anchors.push(if same == 0 { anchor } else { format!("{anchor}-{same}") });
        }
        anchors
    }
}

/// What stands between back quotes, each with what follows it.
pub fn quoted(text: &str) -> Vec<(&str, &str)> {
    let mut quoted = Vec::new();
    let mut rest = text;
    while let Some((span, after)) = rest.split_once('`').and_then(|(_, from)| from.split_once('`')) {
        quoted.push((span, after));
        rest = after;
    }
    quoted
}

/// Where the links lead.
pub fn links(text: &str) -> Vec<&str> {
    text.split("](").skip(1).filter_map(|after| after.split_once(')')).map(|(target, _)| target).collect()
}

/// How long a line is to the eye: where links lead, and what is quoted, can't be broken.
pub fn length(line: &str) -> usize {
    let mut shown = line.to_owned();
    for target in links(line) {
        shown = shown.replacen(&format!("]({target})"), "]", 1);
    }
    for (span, _) in quoted(line) {
        shown = shown.replacen(&format!("`{span}`"), "", 1);
    }
    shown.chars().count()
}
