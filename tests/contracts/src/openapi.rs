//! A contract as JSON Schema reads it.

use serde_json::{Value, json};

/// OpenAPI 3.0 says `nullable` where JSON Schema says type "null".
fn translate(schema: &mut Value) {
    match schema {
        Value::Array(items) => items.iter_mut().for_each(translate),
        Value::Object(fields) => {
            if fields.get("nullable") == Some(&Value::Bool(true)) {
                fields.remove("nullable");
                if let Some(type_) = fields.remove("type") {
                    fields.insert("type".into(), json!([type_, "null"]));
                }
            }
            fields.values_mut().for_each(translate);
        }
        _ => {}
    }
}

/// The contract of this text.
pub fn read(text: &str) -> Value {
    let mut contract = serde_saphyr::from_str(text).expect("contracts are YAML");
    translate(&mut contract);
    contract
}

/// Whether the value is as a schema of the contract says.
pub fn holds(contract: &Value, schema: &Value, value: &Value) -> Result<(), String> {
    let mut schema = schema.clone();
    // References point to where the components stand in the contract.
    schema["components"] = contract["components"].clone();
    let options = jsonschema::options().should_validate_formats(true).should_ignore_unknown_formats(true);
    let validator = options.build(&schema).map_err(|error| error.to_string())?;
    let errors: Vec<String> =
        validator.iter_errors(value).map(|error| format!("{error} at {}", error.instance_path())).collect();
    if errors.is_empty() { Ok(()) } else { Err(errors.join("; ")) }
}
