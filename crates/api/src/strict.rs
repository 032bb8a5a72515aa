//! Reads bodies and parameters strictly: unknown and doubled fields, wrong types, and anything behind the end
//! are refused. A refusal names the field and says what is wrong with it, and never what was sent.

use crate::answer::Refused;
use axum::extract::Query;
use axum::http::Uri;
use makegood_wallet::texts::{JsonType, Reason};
use makegood_wallet::{Code, Problem};
use serde::Deserialize;
use serde::de::value::{Error as QueryError, MapAccessDeserializer};
use serde::de::{DeserializeOwned, Deserializer, MapAccess, Visitor};
use serde_json::error::Category;
use serde_path_to_error::Path;
use std::error::Error;
use std::fmt;
use std::marker::PhantomData;

/// The most characters of a path that a problem names: unknown fields have names of the client's choice.
const FIELD_LENGTH_MAX: usize = 100;

/// Reads a body.
pub(crate) fn read_json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Refused> {
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let body: Object<T> = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let inner = error.inner();
        if !inner.is_data() {
            return not_json(inner);
        }
        let message = inner.to_string();
        refused(error.path(), message.rsplit_once(" at line ").map_or(&message, |(message, _)| message))
    })?;
    json.end().map_err(|error| not_json(&error))?;
    Ok(body.0)
}

/// Reads the parameters behind the `?`.
pub(crate) fn read_query<T: DeserializeOwned>(uri: &Uri) -> Result<T, Refused> {
    Query::try_from_uri(uri).map(|Query(params)| params).map_err(|rejection| {
        let mut cause = rejection.source();
        while let Some(error) = cause {
            if let Some(error) = error.downcast_ref::<serde_path_to_error::Error<QueryError>>() {
                return refused(error.path(), &error.inner().to_string());
            }
            cause = error.source();
        }
        Code::RequestMalformed.into()
    })
}

/// The body is not JSON.
fn not_json(error: &serde_json::Error) -> Refused {
    let (line, column) = (error.line(), error.column());
    let reason = match error.classify() {
        Category::Eof => Reason::IncompleteJson { line, column },
        _ => Reason::InvalidJson { line, column },
    };
    Problem::new(Code::RequestMalformed).because(reason).into()
}

/// It is JSON, or parameters, but not those that are wanted. The message is serde's.
fn refused(path: &Path, message: &str) -> Refused {
    let mut field = path.to_string();
    let (member, reason) = reason(message);
    if let Some(member) = member {
        // The path leads to the object that has the member, or lacks it.
        field = if field == "." { member.to_owned() } else { format!("{field}.{member}") };
    }
    let problem = Problem::new(Code::RequestMalformed).because(reason);
    if field == "." {
        return problem.into();
    }
    problem.field(&field.chars().take(FIELD_LENGTH_MAX).collect::<String>()).into()
}

/// What a message of serde's says: the member it is about, where the path does not lead to that, and what is
/// wrong. What was sent may be in the message too, and is left there.
fn reason(message: &str) -> (Option<&str>, Reason) {
    let (what, expected) = message.rsplit_once(", expected ").unwrap_or((message, ""));
    let member = |start| what.strip_prefix(start).and_then(|rest| rest.strip_suffix('`'));
    if let Some(member) = member("missing field `") {
        return (Some(member), Reason::MissingField);
    }
    if let Some(member) = member("duplicate field `") {
        return (Some(member), Reason::DuplicateField);
    }
    if what.starts_with("unknown field `") {
        let accepted = expected.split('`').skip(1).step_by(2).map(str::to_owned).collect();
        return (None, Reason::UnknownField { accepted });
    }
    if what.starts_with("invalid value: integer `") && expected == "u32" {
        return (None, Reason::OutOfRange { minimum: 0, maximum: u32::MAX.into() });
    }
    let reason = match (what, what.strip_prefix("invalid type: ")) {
        (_, Some(found)) => Reason::WrongType { expected: type_of(expected), found: type_of(found) },
        // A parameter is a text until it is read: these are the standard library's words for one that is no number.
        ("invalid digit found in string" | "cannot parse integer from empty string", _) => {
            Reason::WrongType { expected: JsonType::Integer, found: JsonType::String }
        }
        _ => Reason::NotUnderstood,
    };
    (None, reason)
}

/// The type that serde names, as it expects it or found it.
fn type_of(words: &str) -> JsonType {
    match words.split(['`', '"']).next().unwrap_or_default().trim_end() {
        "string" | "a string" => JsonType::String,
        "boolean" | "a boolean" => JsonType::Boolean,
        "floating point" => JsonType::Number,
        "integer" | "u32" => JsonType::Integer,
        "sequence" | "a sequence" => JsonType::Array,
        "null" | "unit value" => JsonType::Null,
        _ => JsonType::Object,
    }
}

/// Reads a field that is an object by itself: `deserialize_with` of each such field.
pub(crate) fn object<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    Object::deserialize(deserializer).map(|object| object.0)
}

/// Reads a field that is an object, or null, or not there: `deserialize_with` of each such field, with `default`.
pub(crate) fn optional_object<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    Option::<Object<T>>::deserialize(deserializer).map(|object| object.map(|object| object.0))
}

/// An object. Serde would take a list of its fields' values for one, too.
pub(crate) struct Object<T>(pub(crate) T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Members(PhantomData)).map(Self)
    }
}

struct Members<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for Members<T> {
    type Value = T;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<T, A::Error> {
        T::deserialize(MapAccessDeserializer::new(members))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Body {
        _text: String,
        _count: Option<u32>,
        _list: Option<Vec<String>>,
        _flag: Option<bool>,
    }

    fn problem(refused: Refused) -> (Option<String>, Option<Reason>) {
        (refused.problem.field, refused.problem.reason)
    }

    #[test]
    fn a_body_is_refused_with_what_is_wrong_and_where() {
        use JsonType::{Array, Boolean, Integer, Null, Number, Object, String};
        let wrong = |expected, found| Reason::WrongType { expected, found };
        let accepted = || ["_text", "_count", "_list", "_flag"].map(str::to_owned).to_vec();
        for (body, field, reason) in [
            (r"{}", "_text", Reason::MissingField),
            (r#"{"_text":"x","_text":"y"}"#, "_text", Reason::DuplicateField),
            (r#"{"a`, expected `b":"x"}"#, "a`, expected `b", Reason::UnknownField { accepted: accepted() }),
            (r#"{"_text":1}"#, "_text", wrong(String, Integer)),
            (r#"{"_text":1.5}"#, "_text", wrong(String, Number)),
            (r#"{"_text":null}"#, "_text", wrong(String, Null)),
            (r#"{"_text":true}"#, "_text", wrong(String, Boolean)),
            (r#"{"_text":[1]}"#, "_text", wrong(String, Array)),
            (r#"{"_text":{}}"#, "_text", wrong(String, Object)),
            (r#"{"_count":1.5}"#, "_count", wrong(Integer, Number)),
            (r#"{"_count":"a, expected `x`"}"#, "_count", wrong(Integer, String)),
            (r#"{"_count":-1}"#, "_count", Reason::OutOfRange { minimum: 0, maximum: 4_294_967_295 }),
            (r#"{"_count":4294967296}"#, "_count", Reason::OutOfRange { minimum: 0, maximum: 4_294_967_295 }),
            (r#"{"_list":"x"}"#, "_list", wrong(Array, String)),
            (r#"{"_list":["x",2]}"#, "_list[1]", wrong(String, Integer)),
            (r#"{"_flag":"x"}"#, "_flag", wrong(Boolean, String)),
            (r#"["x"]"#, "", wrong(Object, Array)),
            (r#""x""#, "", wrong(Object, String)),
            ("null", "", wrong(Object, Null)),
            ("", "", Reason::IncompleteJson { line: 1, column: 0 }),
            ("{\n\"_text\": \"x", "", Reason::IncompleteJson { line: 2, column: 11 }),
            ("{\n\"_text\": x}", "", Reason::InvalidJson { line: 2, column: 10 }),
            (r#"{"_text":"x"} 1"#, "", Reason::InvalidJson { line: 1, column: 15 }),
        ] {
            let found = problem(read_json::<Body>(body.as_bytes()).unwrap_err());
            let field = (!field.is_empty()).then(|| field.to_owned());
            assert_eq!(found, (field, Some(reason)), "{body}");
        }
        read_json::<Body>(br#"{"_text":"x","_count":null,"_list":["x"],"_flag":true} "#).unwrap();
    }

    #[test]
    fn of_a_message_that_is_not_known_nothing_false_is_said() {
        for message in ["invalid length 1, expected struct Body with 4 elements", "unknown variant `x`", ""] {
            assert_eq!(reason(message), (None, Reason::NotUnderstood), "{message}");
        }
    }

    #[test]
    fn parameters_are_refused_with_what_is_wrong_and_where() {
        #[derive(Debug, Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Wanted {
            _limit: Option<i64>,
            _cursor: Option<String>,
        }
        let integer = || Reason::WrongType { expected: JsonType::Integer, found: JsonType::String };
        let accepted = ["_limit", "_cursor"].map(str::to_owned).to_vec();
        for (query, field, reason) in [
            ("_limit=x", "_limit", integer()),
            ("_limit=", "_limit", integer()),
            ("_limit=-x", "_limit", integer()),
            ("_limit=9223372036854775808", "_limit", Reason::NotUnderstood),
            ("_limit=1&_limit=2", "_limit", Reason::DuplicateField),
            ("_cursor=1&_cursor=2", "_cursor", Reason::DuplicateField),
            ("offset=3", "offset", Reason::UnknownField { accepted }),
        ] {
            let uri = format!("/x?{query}").parse().unwrap();
            let found = problem(read_query::<Wanted>(&uri).unwrap_err());
            assert_eq!(found, (Some(field.to_owned()), Some(reason)), "{query}");
        }
    }
}
