//! What is wrong with the part of a request that a problem names: as data for programs, as a sentence for
//! people. Neither ever holds what was sent, for that may be a password.

use super::Language;
use makegood_base::Timestamp;
use makegood_base::limits::{REFERENCE_LENGTH_MAX, TEXT_LENGTH_MAX};
use makegood_notify::UrlRefusal;
use serde::Serialize;

/// So many names a sentence tells; a longer list is in the data alone.
const NAMES_MAX: usize = 12;

/// What is wrong with the field or the parameter that a problem names, or with the body as a whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Reason {
    /// Nothing of this name is taken here.
    UnknownField {
        /// What is.
        accepted: Vec<String>,
    },
    /// It is there more than once.
    DuplicateField,
    /// It is not there.
    MissingField,
    /// It cannot go with another one.
    ExcludedField {
        /// The other one.
        by: &'static str,
    },
    /// Its type is another one.
    WrongType {
        /// What is wanted.
        expected: JsonType,
        /// What was sent.
        found: JsonType,
    },
    /// The number is too small or too large.
    OutOfRange {
        /// The smallest that is taken.
        minimum: u64,
        /// The largest that is taken.
        maximum: u64,
    },
    /// The time is not later than now, or than the one that it follows.
    TooEarly,
    /// It is not one of these.
    NotAccepted {
        /// What is accepted.
        accepted: Vec<&'static str>,
    },
    /// It is not an id of this kind.
    WrongId {
        /// What such an id begins with.
        accepted: Vec<String>,
    },
    /// It is not written as it must be.
    WrongFormat {
        /// How it is written.
        expected: Format,
    },
    /// It is an address that is never called.
    Url {
        /// What is wrong with it.
        #[serde(serialize_with = "refusal_word")]
        #[cfg_attr(feature = "openapi", schema(value_type = String))]
        refusal: UrlRefusal,
    },
    /// There cannot be more of them.
    AtMost {
        /// How many there can be.
        maximum: u64,
    },
    /// It has to wait.
    NotBefore {
        /// Until when.
        #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
        at: Timestamp,
    },
    /// It is not what is expected here.
    NotUnderstood,
    /// The body is not JSON from here on.
    InvalidJson {
        /// The line, from 1.
        line: usize,
        /// The byte in that line, from 1.
        column: usize,
    },
    /// The body ends before its JSON does.
    IncompleteJson {
        /// The line, from 1.
        line: usize,
        /// The byte in that line, from 1.
        column: usize,
    },
}

/// A type of value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum JsonType {
    /// A text in quotes.
    String,
    /// A number without decimals.
    Integer,
    /// A number with decimals.
    Number,
    /// True or false.
    Boolean,
    /// Nothing.
    Null,
    /// A list in brackets.
    Array,
    /// Names and values in braces.
    Object,
}

/// How a text is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// A moment, as RFC 3339 writes it.
    Time,
    /// A reference of the client's own choice.
    Reference,
    /// Words for people.
    Text,
    /// The place behind which a page begins.
    Cursor,
    /// A kind of event, or the beginning of one.
    EventPattern,
}

impl Reason {
    /// The reason as a sentence. `field` is what it is about; the body as a whole, where there is none.
    #[must_use]
    pub fn sentence(&self, field: Option<&str>, language: Language) -> String {
        match language {
            Language::English => {
                let field = field.map_or_else(|| "The body".to_owned(), |field| format!("`{field}`"));
                self.english(&field)
            }
            Language::Chinese => {
                let field = field.map_or_else(|| "请求体".to_owned(), |field| format!(" `{field}` "));
                // A sentence does not begin with the space between two scripts.
                self.chinese(&field).trim_start().to_owned()
            }
        }
    }

    fn english(&self, field: &str) -> String {
        match self {
            Self::UnknownField { accepted } if accepted.is_empty() => {
                format!("{field} is not known here: nothing is taken.")
            }
            Self::UnknownField { accepted } => {
                format!("{field} is not known here: use {}.", names(accepted, ", "))
            }
            Self::DuplicateField => format!("{field} is there more than once."),
            Self::MissingField => format!("{field} is missing."),
            Self::ExcludedField { by } => format!("{field} cannot be sent together with `{by}`."),
            Self::WrongType { expected, found } => {
                format!("{field} must be {}, not {}.", expected.english(), found.english())
            }
            Self::OutOfRange { minimum, maximum } => format!("{field} must be from {minimum} to {maximum}."),
            Self::TooEarly => format!("{field} must be later than now, and than what it follows."),
            Self::NotAccepted { accepted } => format!("{field} must be one of {}.", names(accepted, ", ")),
            Self::WrongId { accepted } => {
                format!("{field} must be an id that begins with {}.", names(accepted, " or "))
            }
            Self::WrongFormat { expected: Format::Time } => {
                format!("{field} must be a time with its offset, such as `2026-11-22T18:00:00Z`.")
            }
            Self::WrongFormat { expected: Format::Reference } => {
                format!(
                    "{field} must be 1 to {REFERENCE_LENGTH_MAX} printable ASCII characters without spaces \
                     around them."
                )
            }
            Self::WrongFormat { expected: Format::Text } => {
                format!("{field} must be 1 to {TEXT_LENGTH_MAX} characters on one line.")
            }
            Self::WrongFormat { expected: Format::Cursor } => {
                format!("{field} must be the `next_cursor` of the page before.")
            }
            Self::WrongFormat { expected: Format::EventPattern } => {
                format!("{field} must be `*`, a kind of event such as `payment.succeeded`, or `payment.*`.")
            }
            Self::Url { refusal } => format!("{field} {}.", refused_english(*refusal)),
            Self::AtMost { maximum } => format!("There can be at most {maximum}."),
            Self::NotBefore { at } => format!("It can be done again at {at}."),
            Self::NotUnderstood => format!("{field} is not what is expected here."),
            Self::InvalidJson { line, column } => {
                format!("The body is not valid JSON at line {line}, column {column}.")
            }
            Self::IncompleteJson { line, column } => {
                format!("The JSON in the body is cut off at line {line}, column {column}.")
            }
        }
    }

    fn chinese(&self, field: &str) -> String {
        match self {
            Self::UnknownField { accepted } if accepted.is_empty() => {
                format!("{field}不是此处接受的名称：此处不接受任何字段。")
            }
            Self::UnknownField { accepted } => {
                format!("{field}不是此处接受的名称，可用的有：{}。", names(accepted, "、"))
            }
            Self::DuplicateField => format!("{field}出现了不止一次。"),
            Self::MissingField => format!("缺少{}。", field.trim_end()),
            Self::ExcludedField { by } => format!("{field}不能与 `{by}` 同时发送。"),
            Self::WrongType { expected, found } => {
                format!("{field}应为{}，而不是{}。", expected.chinese(), found.chinese())
            }
            Self::OutOfRange { minimum, maximum } => format!("{field}应在 {minimum} 到 {maximum} 之间。"),
            Self::TooEarly => format!("{field}应晚于当前时间，并晚于其前一个时间。"),
            Self::NotAccepted { accepted } => format!("{field}应为以下之一：{}。", names(accepted, "、")),
            Self::WrongId { accepted } => format!("{field}应为以 {} 开头的编号。", names(accepted, " 或 ")),
            Self::WrongFormat { expected: Format::Time } => {
                format!("{field}应为带时区的时间，例如 `2026-11-22T18:00:00Z`。")
            }
            Self::WrongFormat { expected: Format::Reference } => {
                format!("{field}应为 1 到 {REFERENCE_LENGTH_MAX} 个可打印 ASCII 字符，首尾不能有空格。")
            }
            Self::WrongFormat { expected: Format::Text } => {
                format!("{field}应为 1 到 {TEXT_LENGTH_MAX} 个字符，且不能换行。")
            }
            Self::WrongFormat { expected: Format::Cursor } => {
                format!("{field}应为上一页的 `next_cursor`。")
            }
            Self::WrongFormat { expected: Format::EventPattern } => {
                format!("{field}应为 `*`、`payment.succeeded` 之类的事件类型，或 `payment.*`。")
            }
            Self::Url { refusal } => format!("{field}{}。", refused_chinese(*refusal)),
            Self::AtMost { maximum } => format!("最多只能有 {maximum} 个。"),
            Self::NotBefore { at } => format!("可在 {at} 之后再次操作。"),
            Self::NotUnderstood => format!("{field}不符合此处的要求。"),
            Self::InvalidJson { line, column } => {
                format!("请求体在第 {line} 行第 {column} 列处不是有效的 JSON。")
            }
            Self::IncompleteJson { line, column } => {
                format!("请求体的 JSON 在第 {line} 行第 {column} 列处中断。")
            }
        }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn refusal_word<S: serde::Serializer>(refusal: &UrlRefusal, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(refusal.as_str())
}

const fn refused_english(refusal: UrlRefusal) -> &'static str {
    match refusal {
        UrlRefusal::TooLong => "is too long",
        UrlRefusal::Malformed => "is not a URL in plain ASCII without a fragment",
        UrlRefusal::Scheme => "must begin with https://",
        UrlRefusal::Credentials => "must not hold a user name or a password",
        UrlRefusal::Port => "has a port that is not allowed",
        UrlRefusal::Host => "must name a host of the public internet, written in the usual way",
        UrlRefusal::Address => "must not be a private, local or reserved address",
    }
}

const fn refused_chinese(refusal: UrlRefusal) -> &'static str {
    match refusal {
        UrlRefusal::TooLong => "过长",
        UrlRefusal::Malformed => "不是纯 ASCII 且不含片段的 URL",
        UrlRefusal::Scheme => "应以 https:// 开头",
        UrlRefusal::Credentials => "不能包含用户名或密码",
        UrlRefusal::Port => "使用了不允许的端口",
        UrlRefusal::Host => "应为公网主机，并按通常方式书写",
        UrlRefusal::Address => "不能是私有、本机或保留地址",
    }
}

impl JsonType {
    const fn english(self) -> &'static str {
        match self {
            Self::String => "a string",
            Self::Integer => "an integer",
            Self::Number => "a number with decimals",
            Self::Boolean => "true or false",
            Self::Null => "null",
            Self::Array => "a list",
            Self::Object => "an object",
        }
    }

    const fn chinese(self) -> &'static str {
        match self {
            Self::String => "字符串",
            Self::Integer => "整数",
            Self::Number => "小数",
            Self::Boolean => "布尔值",
            Self::Null => "空值",
            Self::Array => "列表",
            Self::Object => "对象",
        }
    }
}

/// The first names of a list, each between backticks.
fn names(all: &[impl AsRef<str>], separator: &str) -> String {
    let mut names: Vec<String> =
        all.iter().take(NAMES_MAX).map(|name| format!("`{}`", name.as_ref())).collect();
    if all.len() > NAMES_MAX {
        names.push("…".to_owned());
    }
    names.join(separator)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_a_sentence_in_both_languages_and_data() {
        let check = |reason: Reason, expected: [&str; 3]| {
            let sentences = [Language::English, Language::Chinese].map(|of| reason.sentence(Some("a.b"), of));
            let data = serde_json::to_string(&reason).unwrap();
            assert_eq!([&*sentences[0], &*sentences[1], &*data], expected);
        };
        check(
            Reason::UnknownField { accepted: vec!["x".to_owned(), "y".to_owned()] },
            [
                "`a.b` is not known here: use `x`, `y`.",
                "`a.b` 不是此处接受的名称，可用的有：`x`、`y`。",
                r#"{"kind":"unknown_field","accepted":["x","y"]}"#,
            ],
        );
        check(Reason::MissingField, ["`a.b` is missing.", "缺少 `a.b`。", r#"{"kind":"missing_field"}"#]);
        check(
            Reason::WrongType { expected: JsonType::Integer, found: JsonType::String },
            [
                "`a.b` must be an integer, not a string.",
                "`a.b` 应为整数，而不是字符串。",
                r#"{"kind":"wrong_type","expected":"integer","found":"string"}"#,
            ],
        );
        check(
            Reason::WrongId { accepted: vec!["mch_".to_owned(), "usr_".to_owned()] },
            [
                "`a.b` must be an id that begins with `mch_` or `usr_`.",
                "`a.b` 应为以 `mch_` 或 `usr_` 开头的编号。",
                r#"{"kind":"wrong_id","accepted":["mch_","usr_"]}"#,
            ],
        );
        check(
            Reason::WrongFormat { expected: Format::Cursor },
            [
                "`a.b` must be the `next_cursor` of the page before.",
                "`a.b` 应为上一页的 `next_cursor`。",
                r#"{"kind":"wrong_format","expected":"cursor"}"#,
            ],
        );
        check(
            Reason::Url { refusal: UrlRefusal::Scheme },
            [
                "`a.b` must begin with https://.",
                "`a.b` 应以 https:// 开头。",
                r#"{"kind":"url","refusal":"scheme"}"#,
            ],
        );
        check(
            Reason::NotUnderstood,
            [
                "`a.b` is not what is expected here.",
                "`a.b` 不符合此处的要求。",
                r#"{"kind":"not_understood"}"#,
            ],
        );
        check(
            Reason::InvalidJson { line: 2, column: 3 },
            [
                "The body is not valid JSON at line 2, column 3.",
                "请求体在第 2 行第 3 列处不是有效的 JSON。",
                r#"{"kind":"invalid_json","line":2,"column":3}"#,
            ],
        );
    }

    #[test]
    fn a_reason_without_a_field_is_about_the_body() {
        let reason = Reason::WrongType { expected: JsonType::Object, found: JsonType::Null };
        assert_eq!(reason.sentence(None, Language::English), "The body must be an object, not null.");
        assert_eq!(reason.sentence(None, Language::Chinese), "请求体应为对象，而不是空值。");
    }

    #[test]
    fn a_long_list_is_cut_in_the_sentence_and_whole_in_the_data() {
        let reason = Reason::NotAccepted { accepted: vec!["CNY"; NAMES_MAX + 1] };
        let sentence = reason.sentence(Some("currency"), Language::English);
        assert_eq!(sentence.matches("CNY").count(), NAMES_MAX);
        assert!(sentence.ends_with("`CNY`, …."), "{sentence}");
        assert_eq!(serde_json::to_string(&reason).unwrap().matches("CNY").count(), NAMES_MAX + 1);
    }
}
