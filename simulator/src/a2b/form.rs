//! The form that orders come in: JSON, and a Letter of Authorization for another party.

use axum::body::{Body, Bytes};
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use multer::{Field, Multipart};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::answer::Refusal;

/// The most bytes of a letter. A guess.
const MAX_LOA: usize = 2 << 20;

/// What every PDF begins with.
const PDF: &[u8] = b"%PDF-";

/// A file that was sent along, as far as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct File {
    file_name: String,
    size: usize,
    sha256: String,
}

/// What an order comes with.
pub struct Form {
    /// What is ordered.
    pub request: Value,
    /// The letter, if there is one.
    pub loa: Option<File>,
}

/// A part of the form: its file's name, and what is in it.
struct Part(String, Bytes);

impl File {
    fn of(Part(file_name, content): Part) -> Result<Self, Refusal> {
        if content.len() > MAX_LOA {
            return Err(Refusal::too_large(format!("loa has more than {MAX_LOA} bytes")));
        }
        if !content.starts_with(PDF) {
            return Err(Refusal::invalid("loa is no PDF"));
        }
        let digits = Sha256::digest(&content).iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(Self { file_name, size: content.len(), sha256: digits })
    }
}

impl Form {
    /// Reads a form that has these parts and no others, each of them once.
    pub async fn read(headers: &HeaderMap, body: Body) -> Result<Self, Refusal> {
        let (mut request, mut loa) = (None, None);
        let mut parts = Multipart::new(body.into_data_stream(), boundary(headers)?);
        while let Some(field) = parts.next_field().await.map_err(unreadable)? {
            let name = field.name().unwrap_or_default().to_owned();
            let (part, type_) = match name.as_str() {
                "request" => (&mut request, "application/json"),
                "loa" => (&mut loa, "application/pdf"),
                _ => return Err(Refusal::invalid(format!("there is no part \"{name}\""))),
            };
            if part.replace(read_part(&name, type_, field).await?).is_some() {
                return Err(Refusal::invalid(format!("{name} comes twice")));
            }
        }
        let Part(_, request) = request.ok_or_else(|| Refusal::invalid("request is required"))?;
        let request = serde_json::from_slice(&request).map_err(|_| Refusal::invalid("request is not valid JSON"))?;
        Ok(Self { request, loa: loa.map(File::of).transpose()? })
    }
}

fn unreadable(error: multer::Error) -> Refusal {
    Refusal::invalid(format!("the form cannot be read: {error}"))
}

fn boundary(headers: &HeaderMap) -> Result<String, Refusal> {
    let type_ = headers.get(CONTENT_TYPE).and_then(|type_| type_.to_str().ok());
    let boundary = type_.and_then(|type_| multer::parse_boundary(type_).ok());
    boundary.ok_or_else(|| Refusal::other_type("Content-Type must be multipart/form-data with a boundary"))
}

/// A part must say its type and be a file, as both are in the provider's sample. That it's refused otherwise
/// is a guess.
async fn read_part(name: &str, type_: &str, field: Field<'_>) -> Result<Part, Refusal> {
    if field.content_type().is_none_or(|it| it.essence_str() != type_) {
        return Err(Refusal::invalid(format!("the Content-Type of {name} must be {type_}")));
    }
    let file_name = field.file_name().unwrap_or_default().to_owned();
    if file_name.is_empty() {
        return Err(Refusal::invalid(format!("{name} must have a file name")));
    }
    Ok(Part(file_name, field.bytes().await.map_err(unreadable)?))
}
