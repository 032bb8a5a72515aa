//! The page's files. They are part of the program: nothing is built, and nothing is fetched from anywhere else.

use axum::Router;
use axum::http::{HeaderName, HeaderValue, header};
use axum::routing::get;

/// The page loads its own files, calls this service alone, and runs no script that stands in its text.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
     frame-ancestors 'none'; base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; \
     trusted-types 'none'",
);

/// A file: where it is, what it is, what is in it.
struct File(&'static str, &'static str, &'static str);

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";

const FILES: &[File] = &[
    File("/play", HTML, include_str!("assets/play.html")),
    File("/play/", HTML, include_str!("assets/play.html")),
    File("/play/play.css", CSS, include_str!("assets/play.css")),
    File("/play/scene.css", CSS, include_str!("assets/scene.css")),
    File("/play/play.js", SCRIPT, include_str!("assets/play.js")),
    File("/play/api.js", SCRIPT, include_str!("assets/api.js")),
    File("/play/words.js", SCRIPT, include_str!("assets/words.js")),
    File("/play/visit.js", SCRIPT, include_str!("assets/visit.js")),
    File("/play/trade.js", SCRIPT, include_str!("assets/trade.js")),
    File("/play/show.js", SCRIPT, include_str!("assets/show.js")),
    File("/play/behind.js", SCRIPT, include_str!("assets/behind.js")),
    File("/play/words.json", "application/json", WORDS),
    File("/play/icon.svg", "image/svg+xml", include_str!("assets/icon.svg")),
];

/// The page's own texts, in both languages.
const WORDS: &str = include_str!("assets/words.json");

/// The page and its files.
pub(super) fn router() -> Router {
    FILES.iter().fold(Router::new(), |router, File(path, kind, text)| {
        router.route(path, get(move || async move { (headers(kind), *text) }))
    })
}

fn headers(kind: &'static str) -> [(HeaderName, HeaderValue); 5] {
    [
        (header::CONTENT_TYPE, HeaderValue::from_static(kind)),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        // Another version of the program has other files under the same names.
        (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    ]
}
