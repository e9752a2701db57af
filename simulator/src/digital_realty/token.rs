//! The token endpoint: OAuth's client credentials, as a form.

use std::collections::HashMap;

use axum::Json;
use axum::extract::rejection::FormRejection;
use axum::extract::{Form, State};
use axum::http::StatusCode;
use axum::http::header::CACHE_CONTROL;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::demo::{CLIENT, SECRET};
use super::store::DigitalRealty;
use crate::site::Door;

/// How long a token is good, in seconds by the wall clock.
const TOKEN_LIFE: u32 = 3600;

const SCOPE: &str = "resource.api resource.ixapi resource.productcatalogapi";

/// The word for a refusal, of RFC 6749 5.2.
struct NoToken(&'static str);

impl IntoResponse for NoToken {
    fn into_response(self) -> Response {
        // 400 for all of them: RFC 6749 leaves 401 for wrong credentials to the server.
        (StatusCode::BAD_REQUEST, Json(json!({"error": self.0}))).into_response()
    }
}

/// POST token.
pub async fn issue(
    State(door): State<Door<DigitalRealty>>,
    form: Result<Form<HashMap<String, String>>, FormRejection>,
) -> impl IntoResponse {
    let granted = form.map_err(|_| NoToken("invalid_request")).and_then(|Form(form)| grant(&door, &form));
    ([(CACHE_CONTROL, "no-store")], granted.map(Json))
}

fn grant(door: &Door<DigitalRealty>, form: &HashMap<String, String>) -> Result<Value, NoToken> {
    let said = |name: &str| form.get(name).map(String::as_str);
    match said("grant_type") {
        Some("client_credentials") => {}
        Some(_) => return Err(NoToken("unsupported_grant_type")),
        None => return Err(NoToken("invalid_request")),
    }
    if (said("client_id"), said("client_secret")) != (Some(CLIENT), Some(SECRET)) {
        return Err(NoToken("invalid_client"));
    }
    door.change(|site| {
        let token = site.store.sessions.open(CLIENT, TOKEN_LIFE, site.now().wall);
        Ok(json!({"access_token": token, "expires_in": TOKEN_LIFE, "token_type": "Bearer", "scope": SCOPE}))
    })
}
