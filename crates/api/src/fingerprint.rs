//! Tells one request from another under the same key: a keyed hash of what was asked for. Keyed, because
//! passwords and card numbers are in it, and it is stored.

use hmac::{Hmac, KeyInit as _, Mac as _};
use makegood_wallet::Code;
use serde_json::Value;
use sha2::Sha256;

/// The fingerprint of a request: its method, its path with its ids, and its body. The order of members does
/// not count, and neither does a member that is null: it is as good as absent.
pub(crate) fn fingerprint(key: &[u8; 32], method: &str, path: &str, body: &Value) -> Result<[u8; 32], Code> {
    let mut text = format!("{method}\0{path}\0");
    write_canonical(body, &mut text);
    keyed_hash(key, text.as_bytes())
}

/// HMAC-SHA256.
pub(crate) fn keyed_hash(key: &[u8; 32], bytes: &[u8]) -> Result<[u8; 32], Code> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).map_err(|_| Code::Internal)?;
    mac.update(bytes);
    Ok(mac.finalize().into_bytes().into())
}

fn write_canonical(value: &Value, text: &mut String) {
    match value {
        Value::Object(members) => {
            let mut members: Vec<(&String, &Value)> =
                members.iter().filter(|(_, value)| !value.is_null()).collect();
            members.sort_by_key(|(name, _)| *name);
            text.push('{');
            for (name, value) in members {
                text.push_str(&Value::from(name.as_str()).to_string());
                text.push(':');
                write_canonical(value, text);
                text.push(',');
            }
            text.push('}');
        }
        Value::Array(items) => {
            text.push('[');
            for item in items {
                write_canonical(item, text);
                text.push(',');
            }
            text.push(']');
        }
        scalar => text.push_str(&scalar.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(key: u8, method: &str, path: &str, body: &str) -> [u8; 32] {
        fingerprint(&[key; 32], method, path, &serde_json::from_str(body).unwrap()).unwrap()
    }

    #[test]
    fn the_same_content_has_the_same_fingerprint_and_no_other_has_it() {
        let base = of(1, "POST", "/v1/payments", r#"{"a":"1","b":{"c":[1,2],"d":"x"}}"#);
        for (same, method, path, body) in [
            (true, "POST", "/v1/payments", r#"{ "b": {"d":"\u0078", "c":[1, 2]}, "a":"1", "e":null }"#),
            (false, "POST", "/v1/payments", r#"{"a":1,"b":{"c":[1,2],"d":"x"}}"#),
            (false, "POST", "/v1/payments", r#"{"a":"1","b":{"c":[2,1],"d":"x"}}"#),
            (false, "POST", "/v1/payments", r#"{"a":"1","b":{"c":[1],"d":"x"}}"#),
            (false, "POST", "/v1/payments", r#"{"a":"1","b":{"c":[1,2]},"d":"x"}"#),
            (false, "POST", "/v1/payments", r#"{"a":"1"}"#),
            (false, "POST", "/v1/refunds", r#"{"a":"1","b":{"c":[1,2],"d":"x"}}"#),
            (false, "DELETE", "/v1/payments", r#"{"a":"1","b":{"c":[1,2],"d":"x"}}"#),
        ] {
            assert_eq!(of(1, method, path, body) == base, same, "{method} {path} {body}");
        }
        assert_ne!(of(2, "POST", "/v1/payments", r#"{"a":"1","b":{"c":[1,2],"d":"x"}}"#), base);
    }
}
