//! Pages for people: the document, a page to read and try the API, and what every error code means.

use crate::answer::Refused;
use crate::context::Context;
use crate::shared::Api;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{Html, IntoResponse as _, Redirect, Response};
use axum::{Json, Router, routing};
use makegood_wallet::Code;
use makegood_wallet::texts::{Language, Role, texts};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;
use utoipa::openapi::OpenApi;
use utoipa_swagger_ui::{Config, SwaggerUi};

/// The page loads its own scripts, and calls this service alone.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
     connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
);

pub(crate) fn router(openapi: OpenApi) -> Router<Api> {
    let document = Arc::new(openapi);
    let config = Config::from("/openapi.json").try_it_out_enabled(true).validator_url("none");
    Router::new()
        .merge(SwaggerUi::new("/docs").config(config))
        .route("/docs/errors", routing::get(errors))
        .layer(middleware::from_fn(with_policy))
        .route("/", routing::get(root))
        .route("/openapi.json", routing::get(move || async move { Json(document) }))
}

/// Where to go from here: browsers are sent to the page, programs are told what there is.
async fn root(headers: HeaderMap) -> ([(HeaderName, &'static str); 1], Response) {
    let accepted = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    let answer = if accepted.into_iter().any(|accepted| accepted.contains("text/html")) {
        Redirect::to("/docs/").into_response()
    } else {
        let links = [("docs", "/docs"), ("openapi", "/openapi.json"), ("errors", "/docs/errors")];
        Json(BTreeMap::from(links)).into_response()
    };
    ([(header::VARY, "Accept")], answer)
}

async fn with_policy(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    if response.status() == StatusCode::NOT_FOUND {
        return Refused::from(Code::NotFound).into_response();
    }
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, POLICY);
    response
}

/// What every code means, and what each role can do next.
async fn errors(context: Context) -> ([(HeaderName, &'static str); 2], Html<String>) {
    let language = context.language;
    let headers = [(header::CONTENT_LANGUAGE, language.tag()), (header::VARY, "Accept-Language")];
    (headers, Html(errors_page(language)))
}

fn errors_page(language: Language) -> String {
    let title = match language {
        Language::English => "Errors",
        Language::Chinese => "错误代码",
    };
    let mut page = format!(
        "<!doctype html>\n<html lang=\"{tag}\">\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<title>{title}</title>\n\
         <style>body{{font:16px/1.5 sans-serif;max-width:50em;margin:2em auto;padding:0 1em}}\
         code{{font-size:0.9em}}h2{{margin-top:2em}}</style>\n<h1>{title}</h1>\n",
        tag = language.tag(),
    );
    for code in Code::ALL {
        // Writing to a string cannot fail.
        let _ = write_code(&mut page, *code, language);
    }
    page.push_str("</html>\n");
    page
}

fn write_code(page: &mut String, code: Code, language: Language) -> std::fmt::Result {
    let entry = texts(code, language);
    let name = code.as_str();
    writeln!(page, "<h2 id=\"{name}\"><a href=\"#{name}\"><code>{name}</code></a></h2>")?;
    let (title, status, detail) = (escaped(entry.title), code.status(), escaped(entry.detail));
    match language {
        Language::English => writeln!(page, "<p><strong>{title}</strong> ({status}). {detail}</p>")?,
        Language::Chinese => writeln!(page, "<p><strong>{title}</strong>（{status}）。{detail}</p>")?,
    }
    writeln!(page, "<dl>")?;
    for role in Role::ALL {
        let remedies = entry.remedies_of(role);
        if !remedies.is_empty() {
            writeln!(page, "<dt>{}</dt>", role_name(role, language))?;
        }
        for remedy in remedies {
            writeln!(page, "<dd>{}</dd>", escaped(remedy))?;
        }
    }
    writeln!(page, "</dl>")
}

const fn role_name(role: Role, language: Language) -> &'static str {
    match (role, language) {
        (Role::Payer, Language::English) => "Payer",
        (Role::Payer, Language::Chinese) => "付款人",
        (Role::Merchant, Language::English) => "Merchant",
        (Role::Merchant, Language::Chinese) => "商户",
        (Role::Staff, Language::English) => "Staff",
        (Role::Staff, Language::Chinese) => "客服",
        (Role::Operations, Language::English) => "Operations",
        (Role::Operations, Language::Chinese) => "运维",
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_language_has_its_own_punctuation() {
        for (language, expected, other) in
            [(Language::English, " (400). ", "（"), (Language::Chinese, "（400）。", " (")]
        {
            let page = errors_page(language);
            assert!(page.contains(expected) && !page.contains(other), "{}", language.tag());
        }
    }

    #[test]
    fn every_code_has_its_place_on_the_page() {
        for language in Language::ALL {
            let page = errors_page(language);
            for code in Code::ALL {
                let anchor = format!("id=\"{}\"", code.as_str());
                assert_eq!(page.matches(&anchor).count(), 1, "{anchor}");
                assert!(page.contains(&escaped(texts(*code, language).title)), "{anchor}");
            }
        }
    }
}
