//! HTTP as meant: who may ask of customers, and over what. Shell: it reads the token.

use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use super::checks::Findings;
use super::written::Http;

/// The environment variable that holds the bearer token itself.
pub const TOKEN_VARIABLE: &str = "HOMEQOS_TOKEN";

/// Shorter ones can be guessed: 16 random characters of base64 are 96 bits.
const TOKEN_BYTES_MIN: usize = 16;

/// A bearer token. It is never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    /// # Errors
    /// With what is allowed.
    pub fn new(text: &str) -> Result<Self, String> {
        let text = text.trim_end_matches(['\r', '\n']);
        if text.len() < TOKEN_BYTES_MIN || !text.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(format!(
                "the token must be at least {TOKEN_BYTES_MIN} visible ASCII characters without spaces"
            ));
        }
        Ok(Self(text.to_owned()))
    }

    /// The token itself, to be compared and never to be told.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

/// PEM files of a server's certificate chain and of its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFiles {
    pub certificate: PathBuf,
    pub key: PathBuf,
}

/// What `/v1` asks of those who ask.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct HttpAccess {
    /// `None`: `/v1` is answered on loopback only.
    pub token: Option<Token>,
    /// `None`: plain HTTP.
    pub tls: Option<TlsFiles>,
}

/// Reads the token, and refuses one that would cross a network in the clear.
pub(super) fn access(http: &Http, listen: Option<SocketAddr>, found: &mut Findings<'_>) -> HttpAccess {
    let token = token(&http.token_file).unwrap_or_else(|allowed| {
        found.add("http.token_file", http.token_file.display(), allowed);
        None
    });
    let (certificate, key) = (&http.tls_certificate, &http.tls_key);
    let given = |path: &Path| !path.as_os_str().is_empty();
    found.need(
        given(certificate) == given(key),
        "http.tls_key",
        key.display(),
        "goes with http.tls_certificate: give both, or neither",
    );
    let tls = given(certificate).then(|| TlsFiles { certificate: certificate.clone(), key: key.clone() });
    if let Some(listen) = listen.filter(|listen| !listen.ip().is_loopback() && token.is_some()) {
        found.need(
            tls.is_some() || http.behind_tls_proxy,
            "http.listen",
            listen,
            "is beyond loopback, where a token must not travel in the clear: give http.tls_certificate and http.tls_key, or \
             set http.behind_tls_proxy = true where a proxy that speaks TLS stands before it",
        );
    }
    HttpAccess { token, tls }
}

fn token(file: &Path) -> Result<Option<Token>, String> {
    if let Ok(text) = std::env::var(TOKEN_VARIABLE) {
        return Token::new(&text).map(Some).map_err(|allowed| format!("{TOKEN_VARIABLE} is set: {allowed}"));
    }
    if file.as_os_str().is_empty() {
        return Ok(None);
    }
    let text = std::fs::read_to_string(file).map_err(|error| format!("cannot be read ({error})"))?;
    Token::new(&text).map(Some)
}

#[cfg(test)]
mod tests {
    use super::super::{Config, Sources};
    use super::*;

    fn load(text: &str) -> Result<Config, String> {
        Config::load(&Sources::of_text("h.toml", text, vec![])).map_err(|error| error.to_string())
    }

    #[test]
    fn beyond_loopback_a_token_needs_tls_or_a_proxy_that_speaks_it() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("token");
        std::fs::write(&file, "abcdefghijklmnop\n").unwrap();
        let with = |more: &str| load(&format!("[http]\ntoken_file = {:?}\n{more}", file.display().to_string()));
        let said = with("listen = \"0.0.0.0:9464\"\n").unwrap_err();
        assert!(
            said.contains("http.listen") && said.contains("behind_tls_proxy") && !said.contains("abcdef"),
            "{said}"
        );
        assert!(with("listen = \"0.0.0.0:9464\"\nbehind_tls_proxy = true\n").is_ok());
        let tls = with("listen = \"0.0.0.0:9464\"\ntls_certificate = \"a.pem\"\ntls_key = \"b.pem\"\n").unwrap();
        assert_eq!(tls.http.token, Some(Token::new("abcdefghijklmnop").unwrap()));
        assert!(with("").is_ok());
        assert!(load("[http]\nlisten = \"0.0.0.0:9464\"\n").unwrap().http.token.is_none());
        assert!(with("tls_key = \"b.pem\"\n").unwrap_err().contains("give both, or neither"));
    }

    #[test]
    fn a_token_that_can_be_guessed_or_read_by_nobody_is_refused_and_none_is_printed() {
        assert!(Token::new("short").is_err() && Token::new("sixteen characters").is_err());
        assert_eq!(format!("{:?}", Token::new("abcdefghijklmnop").unwrap()), "Token(…)");
        assert!(load("[http]\ntoken_file = \"/no/token\"\n").unwrap_err().contains("cannot be read"));
    }
}
