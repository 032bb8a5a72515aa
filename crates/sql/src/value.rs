//! The five nullable types that cross to a database.

use makegood_base::{RawId, Timestamp};

/// A value of one of the five types, or their null.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Value {
    /// INTEGER on SQLite, BIGINT on PostgreSQL.
    Integer(Option<i64>),
    /// INTEGER 0 or 1 on SQLite, BOOLEAN on PostgreSQL.
    Boolean(Option<bool>),
    /// TEXT on both.
    Text(Option<String>),
    /// BLOB on SQLite, BYTEA on PostgreSQL.
    Bytes(Option<Vec<u8>>),
    /// BLOB of 16 bytes on SQLite, UUID on PostgreSQL.
    Id(Option<RawId>),
}

/// Which of the five types a column has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// See [`Value::Integer`].
    Integer,
    /// See [`Value::Boolean`].
    Boolean,
    /// See [`Value::Text`].
    Text,
    /// See [`Value::Bytes`].
    Bytes,
    /// See [`Value::Id`].
    Id,
}

impl Value {
    /// The type of this value; a null has one too.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self {
            Self::Integer(_) => Kind::Integer,
            Self::Boolean(_) => Kind::Boolean,
            Self::Text(_) => Kind::Text,
            Self::Bytes(_) => Kind::Bytes,
            Self::Id(_) => Kind::Id,
        }
    }
}

/// Writes a value as a person would look for it: numbers and text plainly, bytes and ids in hex.
impl std::fmt::Display for Value {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let bytes: &[u8] = match self {
            Self::Integer(Some(value)) => return write!(formatter, "{value}"),
            Self::Boolean(Some(value)) => return write!(formatter, "{value}"),
            Self::Text(Some(value)) => return write!(formatter, "{value:?}"),
            Self::Bytes(Some(value)) => value,
            Self::Id(Some(value)) => value,
            _ => return formatter.write_str("null"),
        };
        bytes.iter().try_for_each(|byte| write!(formatter, "{byte:02x}"))
    }
}

/// What a column's value can be read as. `None` means that the value is of another kind, or an unexpected null.
pub trait FromValue: Sized {
    /// Reads the value.
    fn from_value(value: Value) -> Option<Self>;
}

macro_rules! crosses {
    ($($type:ty => $variant:ident),+) => {$(
        impl From<$type> for Value {
            fn from(value: $type) -> Self {
                Self::$variant(Some(value))
            }
        }
        impl From<Option<$type>> for Value {
            fn from(value: Option<$type>) -> Self {
                Self::$variant(value)
            }
        }
        impl FromValue for $type {
            fn from_value(value: Value) -> Option<Self> {
                match value {
                    Value::$variant(value) => value,
                    _ => None,
                }
            }
        }
        impl FromValue for Option<$type> {
            fn from_value(value: Value) -> Option<Self> {
                match value {
                    Value::$variant(value) => Some(value),
                    _ => None,
                }
            }
        }
    )+};
}

crosses!(i64 => Integer, bool => Boolean, String => Text, Vec<u8> => Bytes, RawId => Id);

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Self::Text(Some(value.to_owned()))
    }
}

impl From<Timestamp> for Value {
    fn from(value: Timestamp) -> Self {
        Self::Integer(Some(value.as_micros()))
    }
}

impl From<Option<Timestamp>> for Value {
    fn from(value: Option<Timestamp>) -> Self {
        Self::Integer(value.map(|moment| moment.as_micros()))
    }
}

impl FromValue for Timestamp {
    fn from_value(value: Value) -> Option<Self> {
        i64::from_value(value).map(Self::from_micros)
    }
}

impl FromValue for Option<Timestamp> {
    fn from_value(value: Value) -> Option<Self> {
        Option::<i64>::from_value(value).map(|micros| micros.map(Timestamp::from_micros))
    }
}
