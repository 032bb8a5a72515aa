//! The document and the router say the same, and both say what is promised.

use crate::client::{Service, request};
use axum::body::Body;
use axum::http::{Method, StatusCode};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// Every route there is, with its methods; `!` marks what anybody may call, `$` what needs a key. A new route
/// gets a line here.
const INVENTORY: &[&str] = &[
    "/healthz get!",
    "/metrics get!",
    "/readyz get!",
    "/v1/bank-callbacks/{id} post!",
    "/v1/banks get!",
    "/v1/events get",
    "/v1/events/{id} get",
    "/v1/me get",
    "/v1/me/balances get",
    "/v1/me/bank-cards get post",
    "/v1/me/bank-cards/{id} delete get",
    "/v1/me/bank-cards/{id}/confirm post",
    "/v1/me/transactions get",
    "/v1/merchants get post",
    "/v1/merchants/{id} get",
    "/v1/merchants/{id}/balances get",
    "/v1/merchants/{id}/payouts get post$",
    "/v1/merchants/{id}/settlements get",
    "/v1/merchants/{id}/transactions get",
    "/v1/ops/bank-transfers/{id} get",
    "/v1/ops/bank-transfers/{id}/recall post",
    "/v1/ops/cases get",
    "/v1/ops/cases/{id} get",
    "/v1/ops/cases/{id}/close post",
    "/v1/ops/incidents get post",
    "/v1/ops/incidents/{id} get",
    "/v1/ops/incidents/{id}/end post",
    "/v1/ops/maintenance-windows get post",
    "/v1/ops/maintenance-windows/{id} get",
    "/v1/ops/maintenance-windows/{id}/end post",
    "/v1/orders get post",
    "/v1/orders/{id} get!",
    "/v1/orders/{id}/cancel post",
    "/v1/orders/{id}/qr.svg get!",
    "/v1/payments get post$",
    "/v1/payments/{id} get",
    "/v1/payments/{id}/cancel post",
    "/v1/payments/{id}/confirm post$",
    "/v1/payments/{id}/events get",
    "/v1/payments/{id}/refunds get post$",
    "/v1/payments/{id}/trace get",
    "/v1/payouts/{id} get",
    "/v1/payouts/{id}/cancel post",
    "/v1/payouts/{id}/trace get",
    "/v1/refunds get",
    "/v1/refunds/{id} get",
    "/v1/refunds/{id}/trace get",
    "/v1/resolve post!",
    "/v1/sessions get post!",
    "/v1/sessions/current delete",
    "/v1/sessions/{id} delete get",
    "/v1/top-ups get post$",
    "/v1/top-ups/{id} get",
    "/v1/top-ups/{id}/trace get",
    "/v1/transfers get post$",
    "/v1/transfers/{id} get",
    "/v1/transfers/{id}/trace get",
    "/v1/users post!",
    "/v1/webhook-endpoints get post",
    "/v1/webhook-endpoints/{id} delete get post",
    "/v1/webhook-endpoints/{id}/deliveries get",
    "/v1/webhook-endpoints/{id}/replay post",
    "/v1/webhook-endpoints/{id}/rotate-secret post",
    "/v1/webhook-endpoints/{id}/test post",
    "/v1/withdrawals get post$",
    "/v1/withdrawals/{id} get",
    "/v1/withdrawals/{id}/cancel post",
    "/v1/withdrawals/{id}/trace get",
];

fn document() -> Value {
    serde_json::to_value(makegood_api::openapi()).unwrap()
}

/// The operations of a document: path, method, operation.
fn operations(document: &Value) -> Vec<(String, String, Value)> {
    let paths = document["paths"].as_object().unwrap();
    let of = |(path, item): (&String, &Value)| {
        let methods = item.as_object().unwrap().iter();
        methods
            .map(|(method, operation)| (path.clone(), method.clone(), operation.clone()))
            .collect::<Vec<_>>()
    };
    paths.iter().flat_map(of).collect()
}

fn is_public(operation: &Value) -> bool {
    let alternatives = operation["security"].as_array();
    alternatives.is_some_and(|all| all.iter().any(|one| one.as_object().unwrap().is_empty()))
}

fn needs_key(operation: &Value) -> bool {
    let parameters = operation["parameters"].as_array().map(Vec::as_slice).unwrap_or_default();
    parameters.iter().any(|parameter| parameter["name"] == "Idempotency-Key" && parameter["required"] == true)
}

#[test]
fn the_document_lists_every_route_and_no_other() {
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (path, method, operation) in operations(&document()) {
        let public = if is_public(&operation) { "!" } else { "" };
        let key = if needs_key(&operation) { "$" } else { "" };
        found.entry(path).or_default().push(format!("{method}{public}{key}"));
    }
    let lines = found.into_iter().map(|(path, mut methods)| {
        methods.sort();
        format!("{path} {}", methods.join(" "))
    });
    assert_eq!(lines.collect::<Vec<_>>(), INVENTORY);
}

#[test]
fn every_operation_says_what_it_answers() {
    let mut ids = std::collections::BTreeSet::new();
    for (path, method, operation) in operations(&document()) {
        let name = format!("{method} {path}");
        assert!(!operation["summary"].as_str().unwrap_or_default().is_empty(), "{name} has no summary");
        let id = operation["operationId"].as_str().unwrap_or_default().to_owned();
        let is_name = id.chars().all(|character| character.is_ascii_lowercase() || character == '_');
        assert!(is_name && ids.insert(id.clone()), "{name} is called {id}");
        assert_eq!(operation["tags"].as_array().map(Vec::len), Some(1), "{name}");
        let responses = operation["responses"].as_object().unwrap();
        assert!(responses.keys().any(|status| status.starts_with('2')), "{name}");
        for (status, response) in responses {
            let is_shared = response["$ref"] == format!("#/components/responses/Problem{status}");
            let is_described = !response["description"].as_str().unwrap_or_default().is_empty();
            assert!(is_shared || is_described, "{name} {status}");
        }
        let expected: &[&str] = match (method.as_str(), path.starts_with("/v1/")) {
            (_, false) => &["503"],
            ("get", true) => &["400", "401", "404", "422", "500", "503"],
            _ => &["400", "401", "404", "409", "415", "422", "429", "503"],
        };
        for status in expected {
            assert!(responses.contains_key(*status), "{name} does not document {status}");
        }
    }
}

/// Whether it is real money: of every object that can be read by itself, though not of what is a part of one.
#[test]
fn every_object_with_an_id_says_whether_money_is_real() {
    const PARTS: &[&str] = &["PayeeView", "SourceView"];
    let document = document();
    let schemas = document["components"]["schemas"].as_object().unwrap();
    let mut count = 0;
    for (name, schema) in schemas {
        let requires = |field: &str| {
            schema["required"].as_array().is_some_and(|required| required.iter().any(|name| name == field))
        };
        let is_object = requires("id") && !PARTS.contains(&name.as_str());
        assert!(!is_object || requires("livemode"), "{name}");
        count += usize::from(is_object);
    }
    assert!(count > 10, "{count}");
}

#[test]
fn every_reference_of_the_document_leads_somewhere() {
    let document = document();
    let text = document.to_string();
    let mut count = 0;
    for reference in text.split("\"$ref\":\"#").skip(1) {
        let pointer = reference.split('"').next().unwrap();
        assert!(document.pointer(pointer).is_some(), "{pointer}");
        count += 1;
    }
    assert!(count > 100, "{count}");
    assert_eq!(document["openapi"], "3.1.0");
    assert_eq!(document["info"]["title"], "Makegood");
}

#[tokio::test]
async fn the_router_takes_the_documented_methods_and_no_other() {
    let service = Service::start().await;
    let served = service.get("", "/openapi.json").await.expect(200).json();
    assert_eq!(served, document());
    for line in INVENTORY {
        let (path, methods) = line.split_once(' ').unwrap();
        let mut expected: Vec<String> =
            methods.split(' ').map(|method| method.trim_end_matches(['!', '$']).to_uppercase()).collect();
        if expected.iter().any(|method| method == "GET") {
            expected.push("HEAD".to_owned());
        }
        expected.sort();
        let concrete = path.replace("{id}", "none");
        let patch = request(Method::PATCH, "", &concrete).body(Body::empty()).unwrap();
        let refused = service.send(patch).await.expect(405);
        let mut allowed: Vec<&str> = refused.header("allow").split(',').map(str::trim).collect();
        allowed.sort_unstable();
        // A path of its own beside `{id}` answers for its own methods alone.
        assert_eq!(allowed, expected, "{path}");
    }
    service.wallet.stop().await;
}

#[tokio::test]
async fn nobody_gets_in_without_a_token_where_the_document_asks_for_one() {
    let service = Service::start().await;
    for (path, method, operation) in operations(&document()) {
        let concrete = path.replace("{id}", some_id(&path));
        let method: Method = method.to_uppercase().parse().unwrap();
        let builder = request(method.clone(), "", &concrete).header("idempotency-key", "k");
        let (builder, body) = match example(&operation, &document()) {
            Some(body) => (builder.header("content-type", "application/json"), Body::from(body)),
            None => (builder, Body::empty()),
        };
        let answered = service.send(builder.body(body).unwrap()).await;
        let is_refused = answered.status == StatusCode::UNAUTHORIZED;
        // What is for whoever presents a QR code is not for others; and these are no one's login and password.
        let is_conditional = matches!(
            path.as_str(),
            "/v1/orders/{id}" | "/v1/resolve" | "/v1/sessions" | "/v1/bank-callbacks/{id}"
        );
        let is_open = is_public(&operation) && !is_conditional;
        assert_eq!(is_refused, !is_open, "{method} {path}: {}", String::from_utf8_lossy(&answered.body));
    }
    service.wallet.stop().await;
}

#[tokio::test]
async fn who_shows_no_token_is_told_so_whatever_they_sent() {
    let service = Service::start().await;
    for (path, method, operation) in operations(&document()) {
        if is_public(&operation) {
            continue;
        }
        for token in ["", "none", "mgs_none"] {
            // A body that is none, of a type that is none, without a key; an id that is none; a parameter too many.
            let concrete = format!("{}?no=such", path.replace("{id}", "none"));
            let builder = request(method.to_uppercase().parse().unwrap(), token, &concrete);
            let builder = builder.header("content-type", "text/plain").header("idempotency-key", "");
            let answered = service.send(builder.body(Body::from("{")).unwrap()).await.expect(401);
            assert_eq!(answered.text("/code"), "auth.required", "{method} {path}");
            assert_eq!(answered.header("www-authenticate"), "Bearer", "{method} {path}");
        }
    }
    let head = request(Method::HEAD, "", "/v1/me?no=such").body(Body::empty()).unwrap();
    service.send(head).await.expect(401);
    service.get("", "/v1/none").await.expect(404);
    service.wallet.stop().await;
}

#[tokio::test]
async fn every_body_that_is_not_what_is_documented_is_refused_with_the_reason() {
    let service = Service::start().await;
    let token = service.wallet.user().await.token;
    let document = document();
    let (mut count, mut nested_count) = (0, 0);
    for (path, method, operation) in operations(&document) {
        let Some(schema) = operation.pointer("/requestBody/content/application~1json/schema") else {
            continue;
        };
        let reference = schema["$ref"].as_str().unwrap().trim_start_matches('#');
        let schema = document.pointer(reference).unwrap();
        let first_required = schema.pointer("/required/0").and_then(Value::as_str);
        let concrete = path.replace("{id}", some_id(&path));
        for (body, field, kind) in [
            ("[", "", "wrong_type"),
            ("{", "", "incomplete_json"),
            (r#"{"no_such_field":"canary"}"#, "no_such_field", "unknown_field"),
            ("{}", first_required.unwrap_or_else(|| one_of(&path)), "missing_field"),
        ] {
            let name = format!("{method} {path} {body}");
            let answered = service.post_keyed(&token, "k", &concrete, body).await;
            let status = answered.status.as_u16();
            let expected = if body == "{}" && first_required.is_none() { 422 } else { 400 };
            assert_eq!(status, expected, "{name}");
            assert_eq!(answered.header("content-type"), "application/problem+json", "{name}");
            assert_eq!(
                (answered.text("/field").as_str(), answered.text("/reason/kind").as_str()),
                (field, kind),
                "{name}"
            );
            assert!(!answered.text("/detail").contains("canary"), "{name}");
        }
        count += 1;
        let whole = example_of(schema, &document, "");
        for (path, members) in nested_objects(schema, &document) {
            let mut body = whole.clone();
            // A list of the members' values, in their order.
            put(&mut body, &path, members.into_iter().map(|(_, value)| value).collect());
            let answered = service.post_keyed(&token, "k", &concrete, &body.to_string()).await.expect(400);
            assert_eq!(answered.text("/field"), path.join("."), "{concrete} {body}");
            let expected = json!({"kind": "wrong_type", "expected": "object", "found": "array"});
            assert_eq!(answered.json()["reason"], expected, "{concrete} {body}");
            nested_count += 1;
        }
    }
    assert!(count > 8 && nested_count > 8, "{count} {nested_count}");
    service.wallet.stop().await;
}

/// The objects inside of a body: the path of each, and its members by an example.
fn nested_objects(schema: &Value, document: &Value) -> Vec<(Vec<String>, Map<String, Value>)> {
    let mut found = Vec::new();
    for (name, member) in schema["properties"].as_object().into_iter().flatten() {
        // What can be null too is one of several.
        let one_of = member["oneOf"].as_array().map(Vec::as_slice).unwrap_or_default();
        let references = one_of.iter().chain([member]).filter_map(|schema| schema["$ref"].as_str());
        for reference in references {
            let schema = document.pointer(reference.trim_start_matches('#')).unwrap();
            let members = example_of(schema, document, name).as_object().unwrap().clone();
            found.push((vec![name.clone()], members));
            found.extend(nested_objects(schema, document).into_iter().map(|(mut path, members)| {
                path.insert(0, name.clone());
                (path, members)
            }));
        }
    }
    found
}

/// Puts a value at a path; what is missing on the way is made.
fn put(body: &mut Value, path: &[String], value: Value) {
    let Some((first, rest)) = path.split_first() else { return *body = value };
    put(&mut body[first], rest, value);
}

/// The member that a body is asked for of which none is required, but one has to be there.
fn one_of(path: &str) -> &'static str {
    match path {
        "/v1/webhook-endpoints/{id}" => "url",
        "/v1/webhook-endpoints/{id}/replay" => "event",
        _ => "qr",
    }
}

/// An id of the kind that a path is about.
fn some_id(path: &str) -> &'static str {
    const IDS: &[(&str, &str)] = &[
        ("/v1/bank-callbacks", "simbank"),
        ("/v1/me/bank-cards", "crd_01h455vb4pex5vsknk084sn02q"),
        ("/v1/events", "evt_01h455vb4pex5vsknk084sn02q"),
        ("/v1/merchants", "mch_01h455vb4pex5vsknk084sn02q"),
        ("/v1/ops/cases", "case_01h455vb4pex5vsknk084sn02q"),
        ("/v1/ops/bank-transfers", "btr_01h455vb4pex5vsknk084sn02q"),
        ("/v1/ops/incidents", "inc_01h455vb4pex5vsknk084sn02q"),
        ("/v1/ops/maintenance-windows", "mnt_01h455vb4pex5vsknk084sn02q"),
        ("/v1/orders", "ord_01h455vb4pex5vsknk084sn02q"),
        ("/v1/payments", "pay_01h455vb4pex5vsknk084sn02q"),
        ("/v1/refunds", "rfd_01h455vb4pex5vsknk084sn02q"),
        ("/v1/sessions", "ses_01h455vb4pex5vsknk084sn02q"),
        ("/v1/top-ups", "top_01h455vb4pex5vsknk084sn02q"),
        ("/v1/transfers", "trf_01h455vb4pex5vsknk084sn02q"),
        ("/v1/webhook-endpoints", "whe_01h455vb4pex5vsknk084sn02q"),
        ("/v1/withdrawals", "wdr_01h455vb4pex5vsknk084sn02q"),
        ("/v1/payouts", "pyt_01h455vb4pex5vsknk084sn02q"),
    ];
    IDS.iter().find(|(prefix, _)| path.starts_with(prefix)).map_or("", |(_, id)| id)
}

/// A body made from the examples of the document, with what is required and has one.
fn example(operation: &Value, document: &Value) -> Option<String> {
    let schema = operation.pointer("/requestBody/content/application~1json/schema")?;
    Some(example_of(schema, document, "").to_string())
}

fn example_of(schema: &Value, document: &Value, name: &str) -> Value {
    if let Some(reference) = schema["$ref"].as_str() {
        return example_of(document.pointer(reference.trim_start_matches('#')).unwrap(), document, name);
    }
    if let Some(example) = schema.get("example") {
        return example.clone();
    }
    let Some(properties) = schema["properties"].as_object() else {
        return if name == "payee" { "mch_01h455vb4pex5vsknk084sn02q".into() } else { "x".into() };
    };
    let required = schema["required"].as_array().cloned().unwrap_or_default();
    let is_wanted = |name: &str| {
        required.iter().any(|required| required == name) || matches!(name, "order" | "to" | "id")
    };
    let wanted = properties.iter().filter(|(name, _)| is_wanted(name));
    wanted.map(|(name, schema)| (name.clone(), example_of(schema, document, name))).collect()
}

#[test]
fn routes_outside_the_document_are_the_pages_alone() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src");
    let mut found = Vec::new();
    let mut folders = vec![std::path::PathBuf::from(folder)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap();
            for line in text.lines().map(str::trim).filter(|line| line.starts_with(".route(")) {
                found.push(line.split('"').nth(1).unwrap().to_owned());
            }
        }
    }
    found.sort();
    assert_eq!(found, ["/", "/docs/errors", "/openapi.json"]);
}
