//! Logins: what a person types to say who they are.

use makegood_base::limits::LOGIN_LENGTH_MAX;

/// An email address in lower case, or a phone number as E.164 writes it. Two texts that reach the same
/// person are one login.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Login(String);

/// The text is neither an email address nor an E.164 phone number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a login is an email address or a phone number such as +8613800000000")]
pub struct LoginError;

impl LoginError {
    /// The code that a client sees.
    #[must_use]
    pub const fn code(self) -> &'static str {
        "auth.login_invalid"
    }
}

impl Login {
    /// Reads a login. An email address is taken to lower case: hardly a mail server tells the cases of the
    /// part before the `@` apart, and two people whose logins differ by case alone would be taken for each
    /// other. It has RFC 5321's lengths and a plain (unquoted) ASCII form; a phone number is `+` and 8 to 15
    /// digits.
    pub fn parse(text: &str) -> Result<Self, LoginError> {
        let is_login = match text.strip_prefix('+') {
            Some(digits) if !text.contains('@') => is_phone_number(digits),
            _ => is_email_address(text),
        };
        if is_login { Ok(Self(text.to_ascii_lowercase())) } else { Err(LoginError) }
    }

    /// The normalized text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The normalized text, on its own.
    #[must_use]
    pub fn into_string(self) -> String {
        self.0
    }

    /// What may be shown or logged: `l****@example.com`, `+86****0000`.
    #[must_use]
    pub fn masked(&self) -> String {
        let text = &self.0;
        match text.rsplit_once('@') {
            Some((local, domain)) => format!("{}****@{domain}", local.get(..1).unwrap_or_default()),
            None => {
                let tail = text.len().saturating_sub(4);
                format!("{}****{}", text.get(..3).unwrap_or_default(), text.get(tail..).unwrap_or_default())
            }
        }
    }
}

impl std::fmt::Debug for Login {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.masked())
    }
}

fn is_phone_number(digits: &str) -> bool {
    (8..=15).contains(&digits.len())
        && !digits.starts_with('0')
        && digits.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_email_address(text: &str) -> bool {
    const LOCAL_LENGTH_MAX: usize = 64;
    let Some((local, domain)) = text.split_once('@') else { return false };
    let is_atom = |atom: &str| !atom.is_empty() && atom.bytes().all(is_atom_byte);
    text.len() <= LOGIN_LENGTH_MAX
        && local.len() <= LOCAL_LENGTH_MAX
        && local.split('.').all(is_atom)
        && domain.contains('.')
        && domain.split('.').all(is_domain_label)
}

/// The characters of an unquoted local part (RFC 5321 4.1.2, atext of RFC 5322 3.2.3).
fn is_atom_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&byte)
}

fn is_domain_label(label: &str) -> bool {
    (1..=63).contains(&label.len())
        && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        && !label.starts_with('-')
        && !label.ends_with('-')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Option<&str>) {
        assert_eq!(Login::parse(text).ok().as_ref().map(Login::as_str), expected, "{text:?}");
    }

    #[test]
    fn email_addresses_and_phone_numbers_are_logins() {
        check("li.wei@example.com", Some("li.wei@example.com"));
        check("Li.Wei@Example.COM", Some("li.wei@example.com"));
        check("li+wallet@mail.example.co.uk", Some("li+wallet@mail.example.co.uk"));
        check("+li@example.com", Some("+li@example.com"));
        check("+8613800138000", Some("+8613800138000"));
        check("+12345678", Some("+12345678"));
        check("+123456789012345", Some("+123456789012345"));
        let local = "a".repeat(64);
        check(&format!("{local}@example.com"), Some(&format!("{local}@example.com")));
    }

    #[test]
    fn other_texts_are_not() {
        for text in [
            "",
            "li",
            "@example.com",
            "li@",
            "li@@example.com",
            "li@wei@example.com",
            "li@localhost",
            "li@-example.com",
            "li@example-.com",
            "li@example..com",
            "li@.com",
            ".li@example.com",
            "li.@example.com",
            "li..wei@example.com",
            "li wei@example.com",
            " li@example.com",
            "li@example.com\n",
            "li\0@example.com",
            "\"li\"@example.com",
            "lí@example.com",
            "li@例え.com",
            "li@[127.0.0.1]",
            "+1234567",
            "+1234567890123456",
            "+0123456789",
            "8613800138000",
            "+86 13800138000",
            "+86138001380a0",
            "+１３８００１３８０００",
            "++8613800138000",
        ] {
            check(text, None);
        }
        check(&format!("{}@example.com", "a".repeat(65)), None);
        check(&format!("a@{}com", "example.".repeat(32)), None);
        check(&format!("a@{}.com", "b".repeat(64)), None);
    }

    #[test]
    fn masked_logins_give_little_away() {
        for (text, expected) in
            [("li.wei@example.com", "l****@example.com"), ("+8613800138000", "+86****8000")]
        {
            let login = Login::parse(text).unwrap();
            assert_eq!(login.masked(), expected);
            assert_eq!(format!("{login:?}"), expected);
        }
    }
}
