//! Calls to addresses that strangers have named: a URL is checked, its name is resolved, every address is checked,
//! and the connection goes to an address that was. There are no redirects, no proxies, no second connection, and no
//! answer that is longer or takes longer than it may.

use makegood_notify::{AttemptError, UrlRules, address_guard, url_guard};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

/// How much of an answer is read.
const ANSWER_BYTES_MAX: usize = 4_096;
/// How much of an answer is kept.
const EXCERPT_LENGTH_MAX: usize = 200;
const USER_AGENT: &str = concat!("Makegood-Webhooks/", env!("CARGO_PKG_VERSION"));

/// Finds the addresses of names. The system's is used, but for tests.
pub type Resolver = Arc<dyn Resolve>;

/// Why a call was not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Untaken {
    /// Why.
    pub error: AttemptError,
    /// The status that was answered.
    pub status: Option<u16>,
    /// The beginning of the answer, on one line and without characters that are not shown.
    pub excerpt: String,
}

/// Calls strangers.
#[derive(Debug, Clone)]
pub struct Strangers {
    client: reqwest::Client,
    rules: UrlRules,
}

impl Strangers {
    /// Makes the client; nothing is called yet. `resolver` none is the system's.
    pub fn new(rules: UrlRules, timeout: Duration, resolver: Option<Resolver>) -> Result<Self, String> {
        let inner = resolver.unwrap_or_else(|| Arc::new(SystemResolver));
        let guarded = Guarded { inner, loopback: rules.loopback };
        let client = reqwest::Client::builder()
            .timeout(timeout)
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .no_proxy()
            .http1_only()
            .pool_max_idle_per_host(0)
            .dns_resolver(Arc::new(guarded))
            .tls_certs_only(super::tls_roots()?)
            .user_agent(USER_AGENT)
            .build()
            .map_err(|error| error.to_string())?;
        Ok(Self { client, rules })
    }

    /// Posts JSON. Whatever is answered with 2xx is taken, at the end of its head.
    pub async fn post(
        &self,
        url: &str,
        headers: &[(&'static str, String)],
        body: String,
    ) -> Result<(), Untaken> {
        let untaken = |error| Untaken { error, status: None, excerpt: String::new() };
        // It was checked when it was set; what is allowed may have changed since.
        let url = url_guard(url, &self.rules).map_err(|_| untaken(AttemptError::AddressRefused))?;
        let mut map = HeaderMap::new();
        map.insert(reqwest::header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        for (name, value) in headers {
            let value = HeaderValue::from_str(value).map_err(|_| untaken(AttemptError::Response))?;
            map.insert(HeaderName::from_static(name), value);
        }
        let sent = self.client.post(url).headers(map).body(body).send().await;
        let response = sent.map_err(|error| untaken(reason(&error)))?;
        let status = response.status();
        if status.is_success() {
            return Ok(());
        }
        let error = if status.is_redirection() { AttemptError::Redirect } else { AttemptError::Status };
        Err(Untaken { error, status: Some(status.as_u16()), excerpt: excerpt(response).await })
    }
}

/// Why a call came to nothing.
fn reason(error: &reqwest::Error) -> AttemptError {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if error.is::<AddressRefused>() {
            return AttemptError::AddressRefused;
        }
        cause = error.source();
    }
    match error {
        error if error.is_timeout() => AttemptError::Timeout,
        error if error.is_connect() => AttemptError::Connect,
        _ => AttemptError::Response,
    }
}

/// The beginning of an answer. What does not come in time is left out.
async fn excerpt(mut response: reqwest::Response) -> String {
    let mut bytes = Vec::new();
    while bytes.len() < ANSWER_BYTES_MAX {
        match response.chunk().await {
            Ok(Some(chunk)) => bytes.extend_from_slice(&chunk),
            Ok(None) | Err(_) => break,
        }
    }
    bytes.truncate(ANSWER_BYTES_MAX);
    shown(&String::from_utf8_lossy(&bytes))
}

/// A text on one line, without what is not shown or changes how the rest is.
fn shown(text: &str) -> String {
    let is_hidden = |character: char| {
        character.is_control()
            || matches!(character, '\u{ad}' | '\u{61c}' | '\u{feff}' | '\u{fffd}' | '\u{e0000}'..='\u{e0fff}')
            || matches!(character, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}')
    };
    let visible: String =
        text.chars().map(|character| if is_hidden(character) { ' ' } else { character }).collect();
    let words = visible.split_whitespace().collect::<Vec<_>>().join(" ");
    words.chars().take(EXCERPT_LENGTH_MAX).collect()
}

/// A name stands for an address that may not be called.
#[derive(Debug, thiserror::Error)]
#[error("the name stands for an address that is not public")]
struct AddressRefused;

/// Checks each address before anybody connects to it. Whoever asks connects to what is answered, and asks nobody
/// again: a name that changes its mind in between changes nothing.
struct Guarded {
    inner: Resolver,
    loopback: bool,
}

impl Resolve for Guarded {
    fn resolve(&self, name: Name) -> Resolving {
        let loopback = self.loopback && name.as_str() == "localhost";
        let found = self.inner.resolve(name);
        Box::pin(async move {
            let addresses: Vec<SocketAddr> = found.await?.collect();
            // One that is refused makes the whole name suspicious.
            if addresses.iter().any(|address| address_guard(address.ip(), loopback).is_err()) {
                return Err(AddressRefused.into());
            }
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}

/// The system's.
struct SystemResolver;

impl Resolve for SystemResolver {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            Ok(Box::new(found.collect::<Vec<_>>().into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_excerpt_is_one_short_line_that_hides_nothing() {
        for (text, expected) in [
            ("plain", "plain"),
            ("a\r\nb\tc\0d\u{1b}[31m", "a b c d [31m"),
            ("abc\u{202e}txt.exe\u{200b}", "abc txt.exe"),
            ("  \n ", ""),
            ("<script>", "<script>"),
            ("饺子", "饺子"),
        ] {
            assert_eq!(shown(text), expected, "{text:?}");
        }
        assert_eq!(shown(&"é".repeat(1_000)).chars().count(), EXCERPT_LENGTH_MAX);
    }

    #[derive(Clone)]
    struct Answers(Vec<SocketAddr>);

    impl Resolve for Answers {
        fn resolve(&self, _: Name) -> Resolving {
            let found = self.0.clone();
            Box::pin(async move { Ok(Box::new(found.into_iter()) as Addrs) })
        }
    }

    fn strangers(loopback: bool, ports: Vec<u16>, answers: &[SocketAddr]) -> Strangers {
        let resolver: Resolver = Arc::new(Answers(answers.to_vec()));
        Strangers::new(UrlRules { ports, loopback }, Duration::from_secs(5), Some(resolver)).unwrap()
    }

    /// A listener, and how a call to this name ends where the name stands for these addresses.
    async fn call(loopback: bool, name: &str, others: &[&str]) -> (AttemptError, bool) {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let own = listener.local_addr().unwrap();
        let mut answers: Vec<SocketAddr> =
            others.iter().map(|other| format!("{other}:0").parse().unwrap()).collect();
        answers.push(own);
        let strangers = strangers(loopback, vec![own.port()], &answers);
        // Whoever connects is hung up on.
        let connected = tokio::spawn(async move { drop(listener.accept().await) });
        let url = format!("https://{name}:{}/", own.port());
        let untaken = strangers.post(&url, &[], String::new()).await.unwrap_err();
        tokio::task::yield_now().await;
        let was_called = connected.is_finished();
        connected.abort();
        (untaken.error, was_called)
    }

    #[tokio::test]
    async fn a_name_that_stands_for_a_private_address_is_never_connected_to() {
        let refused = (AttemptError::AddressRefused, false);
        assert_eq!(call(false, "shop.example.com", &[]).await, refused);
        // A public address beside it does not help, in whichever order.
        assert_eq!(call(false, "shop.example.com", &["1.1.1.1"]).await, refused);
        assert_eq!(call(true, "shop.example.com", &[]).await, refused);
        // The same look sees a connection where one is allowed; no TLS is spoken there.
        assert_eq!(call(true, "localhost", &[]).await, (AttemptError::Connect, true));
    }

    /// How a call ends where whoever is called writes this, and then that again and again until it is hung up on.
    async fn answered(first: &'static str, then: &'static str) -> (Result<(), Untaken>, Duration) {
        use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let server = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let _request = stream.read(&mut [0; 4_096]).await.unwrap();
            stream.write_all(first.as_bytes()).await.unwrap();
            while stream.write_all(then.as_bytes()).await.is_ok() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        });
        let timeout = Duration::from_millis(400);
        let strangers =
            Strangers::new(UrlRules { ports: Vec::new(), loopback: true }, timeout, None).unwrap();
        let began = tokio::time::Instant::now();
        let answer = strangers.post(&url, &[], String::new()).await;
        let took = began.elapsed();
        server.abort();
        (answer, took)
    }

    #[tokio::test]
    async fn whoever_answers_slowly_or_without_end_is_given_up_in_time() {
        let untaken = |error, status: Option<u16>| Err(Untaken { error, status, excerpt: String::new() });
        for (first, then, expected) in [
            ("", "", untaken(AttemptError::Timeout, None)),
            ("HTTP/1.1 200 OK\r\n", "x: y\r\n", untaken(AttemptError::Timeout, None)),
            (
                "HTTP/1.1 100 Continue\r\n\r\n",
                "HTTP/1.1 100 Continue\r\n\r\n",
                untaken(AttemptError::Timeout, None),
            ),
            ("no HTTP\r\n\r\n", "", untaken(AttemptError::Response, None)),
            ("HTTP/1.1 500 No\r\n\r\n", "\n", untaken(AttemptError::Status, Some(500))),
            (
                "HTTP/1.1 302 Go\r\nlocation: http://127.0.0.1/\r\n\r\n",
                "\n",
                untaken(AttemptError::Redirect, Some(302)),
            ),
            ("HTTP/1.1 200 OK\r\n\r\n", "\n", Ok(())),
        ] {
            let (answer, took) = answered(first, then).await;
            assert_eq!(answer, expected, "{first:?}");
            assert!(took < Duration::from_secs(5), "{first:?} took {took:?}");
        }
    }

    #[tokio::test]
    async fn what_may_not_be_called_is_looked_at_again_before_each_call() {
        let strangers = strangers(false, vec![443], &[]);
        for url in
            ["http://127.0.0.1/", "https://[::1]/", "https://10.0.0.1/", "https://shop.example.com:22/"]
        {
            let untaken = strangers.post(url, &[], String::new()).await.unwrap_err();
            assert_eq!(untaken.error, AttemptError::AddressRefused, "{url}");
        }
    }
}
