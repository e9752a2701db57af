//! Providers' documents: a PDF of one page, such as the Letter of Authorization
//! that a facility wants to see before it connects a cable to a provider's port.

use lopdf::content::{Content, Operation};
use lopdf::{Document, Object, Stream, dictionary};

/// How many characters fit a line.
const LINE: usize = 80;
/// What the page can show of a character that its font does not have.
const UNKNOWN: u8 = b'?';

/// Breaks what is longer than a line.
fn lines_of(text: &str) -> Vec<String> {
    let characters: Vec<char> = text.chars().collect();
    let lines = characters.chunks(LINE);
    lines.map(|line| line.iter().collect()).collect()
}

/// The text in WinAnsi, which is Latin-1 as far as names go.
fn encode(text: &str) -> Object {
    let bytes = text.chars().map(|it| match u32::from(it) {
        code @ (0x20..=0x7e | 0xa0..=0xff) => code as u8,
        _ => UNKNOWN,
    });
    Object::string_literal(bytes.collect::<Vec<u8>>())
}

fn content_of(title: &str, words: &[&str], facts: &[String]) -> Content {
    let show = |text: &str| Operation::new("Tj", vec![encode(text)]);
    let down = |by: i64| Operation::new("Td", vec![0.into(), (-by).into()]);
    let font = |size: i64| Operation::new("Tf", vec!["F1".into(), size.into()]);
    let mut operations = vec![
        Operation::new("BT", vec![]),
        font(20),
        Operation::new("Td", vec![72.into(), 760.into()]),
        show(title),
        font(11),
        down(16),
    ];
    for words in words {
        operations.extend([down(16), show(words)]);
    }
    operations.push(down(12));
    for line in facts.iter().flat_map(|fact| lines_of(fact)) {
        operations.extend([down(20), show(&line)]);
    }
    operations.push(Operation::new("ET", vec![]));
    Content { operations }
}

/// The Letter of Authorization that states these facts, each with its label.
pub fn write(facts: &[(&str, &str)]) -> Result<Vec<u8>, lopdf::Error> {
    let words =
        ["The customer named below is authorized to have a cross connect", "installed to the port named below."];
    write_as("Letter of Authorization", &words, facts)
}

/// The document of that title that says these lines and states these facts, each with its label.
pub fn write_as(title: &str, words: &[&str], facts: &[(&str, &str)]) -> Result<Vec<u8>, lopdf::Error> {
    let facts: Vec<_> = facts.iter().map(|(label, value)| format!("{label}: {value}")).collect();
    let mut document = Document::with_version("1.5");
    let pages = document.new_object_id();
    let font = document.add_object(dictionary! {
        "Type" => "Font",
        "Subtype" => "Type1",
        "BaseFont" => "Helvetica",
        "Encoding" => "WinAnsiEncoding",
    });
    let content = Stream::new(dictionary! {}, content_of(title, words, &facts).encode()?);
    let content = document.add_object(content);
    let page = document.add_object(dictionary! {
        "Type" => "Page",
        "Parent" => pages,
        "Contents" => content,
        "Resources" => dictionary! { "Font" => dictionary! { "F1" => font } },
        // A4
        "MediaBox" => vec![0.into(), 0.into(), 595.into(), 842.into()],
    });
    let node = dictionary! { "Type" => "Pages", "Kids" => vec![page.into()], "Count" => 1 };
    document.objects.insert(pages, Object::Dictionary(node));
    let catalog = document.add_object(dictionary! { "Type" => "Catalog", "Pages" => pages });
    document.trailer.set("Root", catalog);
    let mut bytes = Vec::new();
    document.save_to(&mut bytes)?;
    Ok(bytes)
}
