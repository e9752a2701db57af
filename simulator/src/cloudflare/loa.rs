//! Letters of Authorization: what a facility wants to see before it connects
//! a cable to Cloudflare's port.

use lopdf::content::{Content, Operation};
use lopdf::{Document, Object, Stream, dictionary};
use serde_json::json;

use super::ACCOUNT_NAME;
use super::answer::{Answer, Refusal};
use super::call::Call;
use super::interconnects::own;
use super::slots::SlotNumber;
use super::store::Interconnect;
use crate::world::World;

/// The longest customer name that may be asked for.
const MAX_NAME: usize = 200;
/// How many characters fit a line.
const LINE: usize = 80;
/// What the page can show of a character that its font does not have.
const UNKNOWN: u8 = b'?';

/// The caller's interconnect in the path, and the slot that its LOA is for.
fn with_slot<'a>(world: &'a World, call: &Call) -> Result<(&'a Interconnect, SlotNumber), Refusal> {
    let interconnect = own(&world.cloudflare, call)?;
    let slot = interconnect.slot();
    let slot = slot.ok_or_else(|| Refusal::invalid("a partner interconnect has no LOA"))?;
    Ok((interconnect, slot))
}

/// GET interconnects/{icon}/loa/default: the name that the LOA bears unless
/// another is asked for.
pub fn default_name(world: &mut World, call: &Call) -> Result<Answer, Refusal> {
    with_slot(world, call)?;
    Ok(Answer::Json(json!({"name": ACCOUNT_NAME})))
}

/// GET interconnects/{icon}/loa.
pub fn get(world: &mut World, call: &Call) -> Result<Answer, Refusal> {
    let (interconnect, slot) = with_slot(world, call)?;
    let name = call.query.get("name").map_or(ACCOUNT_NAME, String::as_str);
    if name.chars().count() > MAX_NAME {
        let problem = format!("must be at most {MAX_NAME} characters long");
        return Err(Refusal::property("name", &problem));
    }
    let facility = slot.facility();
    let address = facility["address"].as_array().into_iter().flatten();
    let address: Vec<_> = address.filter_map(|line| line.as_str()).collect();
    let facts = [
        ("Customer", name),
        ("Interconnect", &interconnect.name),
        ("Slot", &slot.id().to_string()),
        ("Site", slot.site()),
        ("Facility", facility["name"].as_str().unwrap_or_default()),
        ("Address", &address.join(", ")),
        ("Speed", slot.speed()),
        ("Demarcation", &slot.device()),
        ("Issued", &call.now.simulated.strftime("%Y-%m-%d").to_string()),
    ];
    let facts = facts.map(|(label, value)| format!("{label}: {value}"));
    write_page(&facts).map(Answer::Pdf).map_err(|error| Refusal::internal(&error.to_string()))
}

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

fn content_of(facts: &[String]) -> Content {
    let show = |text: &str| Operation::new("Tj", vec![encode(text)]);
    let down = |by: i64| Operation::new("Td", vec![0.into(), (-by).into()]);
    let font = |size: i64| Operation::new("Tf", vec!["F1".into(), size.into()]);
    let mut operations = vec![
        Operation::new("BT", vec![]),
        font(20),
        Operation::new("Td", vec![72.into(), 760.into()]),
        show("Letter of Authorization"),
        font(11),
        down(32),
        show("The customer named below is authorized to have a cross connect"),
        down(16),
        show("installed to the port named below."),
        down(12),
    ];
    for line in facts.iter().flat_map(|fact| lines_of(fact)) {
        operations.extend([down(20), show(&line)]);
    }
    operations.push(Operation::new("ET", vec![]));
    Content { operations }
}

/// A PDF of one page.
fn write_page(facts: &[String]) -> Result<Vec<u8>, lopdf::Error> {
    let mut document = Document::with_version("1.5");
    let pages = document.new_object_id();
    let font = document.add_object(dictionary! {
        "Type" => "Font",
        "Subtype" => "Type1",
        "BaseFont" => "Helvetica",
        "Encoding" => "WinAnsiEncoding",
    });
    let content = Stream::new(dictionary! {}, content_of(facts).encode()?);
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
