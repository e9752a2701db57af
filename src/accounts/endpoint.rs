//! To which hosts credentials may go (S10).

use url::Url;

/// Why an account's endpoint isn't used.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum EndpointError {
    /// It isn't a URL.
    #[error("spec.endpoint {0:?} is not an absolute http(s) URL")]
    Invalid(String),
    /// It isn't the provider's own, and nobody allowed it.
    #[error(
        "spec.endpoint is not a public host of this provider: run the operator with --allow-endpoint {0} if credentials may go there"
    )]
    NotAllowed(String),
}

/// The endpoint of an account: the provider's public one, or another one that the operator was told to allow.
pub fn resolve(
    wanted: Option<&str>,
    public: &str,
    public_hosts: &[&str],
    allowed: &[Url],
) -> Result<Url, EndpointError> {
    let wanted = wanted.unwrap_or(public);
    let url = Url::parse(wanted).map_err(|_| EndpointError::Invalid(wanted.into()))?;
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
        return Err(EndpointError::Invalid(wanted.into()));
    }
    // S10: by origin, so that neither another scheme, port nor a user part in the URL slips through.
    let provider_owns =
        url.scheme() == "https" && url.port().is_none() && public_hosts.iter().any(|host| url.host_str() == Some(host));
    let bare = url.username().is_empty() && url.password().is_none();
    if bare && (provider_owns || allowed.iter().any(|allowed| allowed.origin() == url.origin())) {
        return Ok(url);
    }
    Err(EndpointError::NotAllowed(url.origin().ascii_serialization()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PUBLIC: &str = "https://api.example.com/v4";

    fn allowed(wanted: &str, also: &[&str]) -> bool {
        let also: Vec<Url> = also.iter().map(|url| Url::parse(url).unwrap()).collect();
        resolve(Some(wanted), PUBLIC, &["api.example.com"], &also).is_ok()
    }

    #[test]
    fn only_the_providers_hosts_and_allowed_origins_get_credentials() {
        assert!(resolve(None, PUBLIC, &["api.example.com"], &[]).is_ok());
        assert!(allowed("https://api.example.com/other", &[]));
        assert!(!allowed("http://api.example.com/v4", &[]), "not in clear");
        assert!(!allowed("https://api.example.com:444/", &[]), "not to another port");
        assert!(!allowed("https://api.example.com.evil.net/", &[]));
        assert!(!allowed("https://user@api.example.com/", &[]));
        assert!(!allowed("http://127.0.0.1:8480/x", &[]));
        assert!(allowed("http://127.0.0.1:8480/x", &["http://127.0.0.1:8480"]));
        assert!(!allowed("http://127.0.0.1:8481/x", &["http://127.0.0.1:8480"]));
        assert!(!allowed("https://127.0.0.1:8480/x", &["http://127.0.0.1:8480"]));
    }
}
