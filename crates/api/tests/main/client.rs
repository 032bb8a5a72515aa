//! A client without a socket: it calls the router itself.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Method, Request, StatusCode};
use makegood_api::Limits;
use makegood_auth::{Token, TokenKind};
use makegood_testkit::{Db, TestWallet};
use serde_json::Value;
use tower::ServiceExt as _;

/// A wallet and its service.
pub struct Service {
    pub wallet: TestWallet,
    pub router: Router,
}

/// What came back.
#[derive(Debug)]
pub struct Answered {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Answered {
    /// The body as JSON; null where it is none.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }

    /// The text at a JSON pointer; empty where there is none.
    pub fn text(&self, pointer: &str) -> String {
        self.json().pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The answer, if it has this status.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status.as_u16(), status, "{}", String::from_utf8_lossy(&self.body));
        self
    }
}

impl Service {
    pub async fn start() -> Self {
        Self::with(Limits::default()).await
    }

    pub async fn with(limits: Limits) -> Self {
        let wallet = TestWallet::start(Db::Sqlite).await;
        let router = makegood_api::router(wallet.app.clone(), limits);
        Self { wallet, router }
    }

    pub async fn send(&self, request: Request<Body>) -> Answered {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, usize::MAX).await.unwrap().to_vec();
        Answered { status: parts.status, headers: parts.headers, body }
    }

    pub async fn get(&self, token: &str, path: &str) -> Answered {
        self.send(request(Method::GET, token, path).body(Body::empty()).unwrap()).await
    }

    /// Sends JSON without a key.
    pub async fn post(&self, token: &str, path: &str, body: &str) -> Answered {
        let request = request(Method::POST, token, path).header("content-type", "application/json");
        self.send(request.body(Body::from(body.to_owned())).unwrap()).await
    }

    /// Sends JSON with a key.
    pub async fn post_keyed(&self, token: &str, key: &str, path: &str, body: &str) -> Answered {
        let request = request(Method::POST, token, path)
            .header("content-type", "application/json")
            .header("idempotency-key", key);
        self.send(request.body(Body::from(body.to_owned())).unwrap()).await
    }
}

/// A token that looks like one, and opens nothing.
pub fn a_token() -> String {
    Token::new(TokenKind::Session, [1; 16], [2; 32]).text().to_string()
}

/// A request; an empty token is none.
pub fn request(method: Method, token: &str, path: &str) -> axum::http::request::Builder {
    let builder = Request::builder().method(method).uri(path);
    if token.is_empty() { builder } else { builder.header("authorization", format!("Bearer {token}")) }
}
