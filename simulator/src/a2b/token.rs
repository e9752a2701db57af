//! The token endpoint: a JWT for a user's name and password.

use axum::extract::{Request, State};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use uuid::Uuid;

use super::answer::Refusal;
use super::demo::{PASSWORD, USER};
use super::store::A2b;
use crate::answer::Answer;
use crate::body::read_json;
use crate::fields::Fields;
use crate::site::Door;

/// How long a token is good, by the wall clock (docs/providers.md 4.1).
const TOKEN_LIFE: SignedDuration = SignedDuration::from_hours(24);

/// POST token.
pub async fn issue(State(door): State<Door<A2b>>, request: Request) -> Result<Answer, Refusal> {
    let (parts, body) = request.into_parts();
    let body = read_json(&parts, body).await?;
    let fields = Fields::of(&body)?;
    if (fields.text("username")?, fields.text("password")?) != (USER, PASSWORD) {
        return Err(Refusal::unauthorized("the user name or the password is wrong"));
    }
    door.change(|site| {
        let now = site.now().wall;
        let token = jwt(now, now + TOKEN_LIFE);
        site.store.sessions.admit(token.clone(), USER, now + TOKEN_LIFE, now);
        Ok(Answer::ok(json!({"token": token})))
    })
}

/// A token that says how long it is good. Nobody but us can check its signature, and we know our tokens
/// without: it is random.
fn jwt(now: Timestamp, until: Timestamp) -> String {
    let header = json!({"alg": "HS256", "typ": "JWT"});
    let claims = json!({"sub": USER, "iat": now.as_second(), "exp": until.as_second(), "jti": Uuid::new_v4()});
    let part = |value: Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
    let signature = [Uuid::new_v4().into_bytes(), Uuid::new_v4().into_bytes()].concat();
    format!("{}.{}.{}", part(header), part(claims), BASE64_URL_SAFE_NO_PAD.encode(signature))
}
