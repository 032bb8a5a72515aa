//! Hands requests on to the wallet's process, and its answers back, as they come: also streams that take minutes.

use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use makegood_base::{Clock, Entropy, IdSeed, Ids, RequestId};
use makegood_wallet::texts::{Language, Role};
use makegood_wallet::{Code, Problem};
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::net::TcpStream;

/// What concerns one connection alone, and is not handed on (RFC 9110, 7.6.1).
const OF_ONE_CONNECTION: [HeaderName; 7] = [
    header::CONNECTION,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
];

/// Hands requests on.
pub(super) struct Proxy {
    pub(super) clock: Arc<dyn Clock>,
    pub(super) entropy: Arc<dyn Entropy>,
}

impl Proxy {
    /// Hands a request on to this address. Where nobody listens, nothing was decided, and the caller is told so. Where the
    /// answer does not come, it may have been: then nobody is told that it is safe to pay again.
    pub(super) async fn forward(&self, to: Option<SocketAddr>, mut request: Request) -> Response {
        let asked = request.headers().clone();
        let connected = match to {
            Some(address) => TcpStream::connect(address).await.ok(),
            None => None,
        };
        let Some(stream) = connected else { return self.refuse(&asked, Code::ServiceUnavailable) };
        let uncertain = Problem { safe_to_pay_again: false, ..Problem::new(Code::ServiceUnavailable) };
        let Ok((mut sender, connection)) = http1::handshake(TokioIo::new(stream)).await else {
            return self.refuse(&asked, Code::ServiceUnavailable);
        };
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection to the wallet ended");
            }
        });
        strip(request.headers_mut());
        match sender.send_request(request).await {
            Ok(mut response) => {
                strip(response.headers_mut());
                response.map(Body::new)
            }
            Err(_) => self.problem(&asked, &uncertain),
        }
    }

    /// A problem, in the language that the caller reads.
    pub(super) fn refuse(&self, asked: &HeaderMap, code: Code) -> Response {
        self.problem(asked, &Problem::new(code))
    }

    fn problem(&self, asked: &HeaderMap, problem: &Problem) -> Response {
        let accepted = asked.get_all(header::ACCEPT_LANGUAGE).iter();
        let accepted: Vec<&str> = accepted.filter_map(|value| value.to_str().ok()).collect();
        let language = Language::from_accept_language(&accepted.join(","));
        let seed = IdSeed::draw(self.clock.now(), self.entropy.as_ref());
        let request: RequestId = Ids::new(seed).make();
        let reply = problem.render(Role::Payer, language, request);
        let mut headers = HeaderMap::new();
        let mut set = |name, value| headers.insert(name, HeaderValue::from_static(value));
        set(header::CONTENT_TYPE, "application/problem+json");
        set(header::CACHE_CONTROL, "no-store");
        set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
        if reply.status == StatusCode::SERVICE_UNAVAILABLE {
            set(header::RETRY_AFTER, "1");
        }
        if let Ok(id) = HeaderValue::from_str(&request.to_string()) {
            headers.insert("x-request-id", id);
        }
        let status = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        (status, headers, reply.body).into_response()
    }
}

fn strip(headers: &mut HeaderMap) {
    for name in &OF_ONE_CONNECTION {
        headers.remove(name);
    }
}
