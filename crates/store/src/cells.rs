//! How the fields of rows become columns and columns become fields again. A field takes one column, or a few
//! next to each other; what does not fit on the way back names table, column and key.

use makegood_base::{
    ApiKeyId, BankCardId, BankTransferId, CaseId, EventId, IncidentId, MaintenanceId, MerchantId, OrderId,
    PaymentId, PayoutId, RawId, RefundId, SessionId, SettlementId, StaffId, Timestamp, TopUpId, TransferId,
    UserId, WebhookEndpointId, WebhookSecretId, WithdrawalId,
};
use makegood_ledger::AccountId;
use makegood_money::{Currency, Money};
use makegood_sql::{Error, Fields, Value};

/// A field as one or more columns.
pub(crate) trait Cells: Sized {
    /// Appends the field's columns.
    fn put(self, values: &mut Vec<Value>);

    /// Takes the field's columns, as many as [`put`](Self::put) appends.
    fn take(fields: &mut Fields) -> Result<Self, Error>;
}

/// A field with one word for each of its values. The words are in databases: they never change.
pub(crate) trait Word: Copy {
    /// The value's word.
    fn word(self) -> &'static str;

    /// The value with this word.
    fn of(word: &str) -> Option<Self>;
}

impl<T: Word> Cells for T {
    fn put(self, values: &mut Vec<Value>) {
        values.push(self.word().into());
    }

    fn take(fields: &mut Fields) -> Result<Self, Error> {
        fields.take_as(|word: String| T::of(&word))
    }
}

impl<T: Word> Cells for Option<T> {
    fn put(self, values: &mut Vec<Value>) {
        values.push(self.map(|value| value.word().to_owned()).into());
    }

    fn take(fields: &mut Fields) -> Result<Self, Error> {
        fields.take_as(|word: Option<String>| word.map_or(Some(None), |word| T::of(&word).map(Some)))
    }
}

/// The words of an enumeration that lists its values in `ALL` and tells them by `as_str`.
macro_rules! own_words {
    ($($type:ty),+ $(,)?) => {$(
        impl $crate::cells::Word for $type {
            fn word(self) -> &'static str {
                self.as_str()
            }

            fn of(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|value| value.as_str() == word)
            }
        }
    )+};
}

/// The words of an enumeration that has none of its own.
macro_rules! words {
    ($type:ident: $($variant:ident = $word:literal),+ $(,)?) => {
        impl $crate::cells::Word for $type {
            fn word(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)+
                }
            }

            fn of(word: &str) -> Option<Self> {
                match word {
                    $($word => Some(Self::$variant),)+
                    _ => None,
                }
            }
        }
    };
}

pub(crate) use {own_words, words};

macro_rules! plain {
    ($($type:ty),+) => {$(
        impl Cells for $type {
            fn put(self, values: &mut Vec<Value>) {
                values.push(self.into());
            }

            fn take(fields: &mut Fields) -> Result<Self, Error> {
                fields.take()
            }
        }
    )+};
}

plain!(
    i64,
    Option<i64>,
    bool,
    String,
    Option<String>,
    Vec<u8>,
    RawId,
    Option<RawId>,
    Timestamp,
    Option<Timestamp>
);

macro_rules! ids {
    ($($type:ident),+ $(,)?) => {$(
        impl Cells for $type {
            fn put(self, values: &mut Vec<Value>) {
                values.push(self.raw().into());
            }

            fn take(fields: &mut Fields) -> Result<Self, Error> {
                fields.take().map(Self::from_raw)
            }
        }

        impl Cells for Option<$type> {
            fn put(self, values: &mut Vec<Value>) {
                values.push(self.map(|id| id.raw()).into());
            }

            fn take(fields: &mut Fields) -> Result<Self, Error> {
                let raw: Option<RawId> = fields.take()?;
                Ok(raw.map($type::from_raw))
            }
        }
    )+};
}

ids!(
    AccountId,
    ApiKeyId,
    BankCardId,
    BankTransferId,
    CaseId,
    EventId,
    IncidentId,
    MaintenanceId,
    MerchantId,
    OrderId,
    PaymentId,
    PayoutId,
    RefundId,
    SessionId,
    SettlementId,
    StaffId,
    TopUpId,
    TransferId,
    UserId,
    WebhookEndpointId,
    WebhookSecretId,
    WithdrawalId,
);

macro_rules! narrow {
    ($($type:ty),+) => {$(
        impl Cells for $type {
            fn put(self, values: &mut Vec<Value>) {
                values.push(i64::from(self).into());
            }

            fn take(fields: &mut Fields) -> Result<Self, Error> {
                fields.take_as(|value: i64| Self::try_from(value).ok())
            }
        }
    )+};
}

narrow!(u16, u32);

/// Codes, with commas between them. A code has none.
impl Cells for Vec<String> {
    fn put(self, values: &mut Vec<Value>) {
        values.push(self.join(",").into());
    }

    fn take(fields: &mut Fields) -> Result<Self, Error> {
        let codes: String = fields.take()?;
        Ok(if codes.is_empty() { Self::new() } else { codes.split(',').map(str::to_owned).collect() })
    }
}

/// Ids as people write them, with commas between them.
impl Cells for Vec<SettlementId> {
    fn put(self, values: &mut Vec<Value>) {
        let ids: Vec<String> = self.iter().map(ToString::to_string).collect();
        ids.put(values);
    }

    fn take(fields: &mut Fields) -> Result<Self, Error> {
        fields.take_as(|ids: String| {
            if ids.is_empty() {
                Some(Self::new())
            } else {
                ids.split(',').map(|id| id.parse().ok()).collect()
            }
        })
    }
}

/// A currency by its number in ISO 4217, as the ledger keeps it.
impl Cells for Currency {
    fn put(self, values: &mut Vec<Value>) {
        values.push(i64::from(self.numeric()).into());
    }

    fn take(fields: &mut Fields) -> Result<Self, Error> {
        fields.take_as(|number: i64| Self::from_numeric(u16::try_from(number).ok()?))
    }
}

/// A hash of 32 bytes.
impl Cells for [u8; 32] {
    fn put(self, values: &mut Vec<Value>) {
        values.push(self.to_vec().into());
    }

    fn take(fields: &mut Fields) -> Result<Self, Error> {
        fields.take_as(|bytes: Vec<u8>| bytes.try_into().ok())
    }
}

/// The amount in minor units, then the currency's code.
impl Cells for Money {
    fn put(self, values: &mut Vec<Value>) {
        values.extend([self.minor().into(), self.currency().code().into()]);
    }

    fn take(fields: &mut Fields) -> Result<Self, Error> {
        let minor = fields.take()?;
        Ok(Self::new(minor, fields.take_as(to_currency)?))
    }
}

impl Cells for Option<Money> {
    fn put(self, values: &mut Vec<Value>) {
        values.push(self.map(|amount| amount.minor()).into());
        values.push(self.map(|amount| amount.currency().code().to_owned()).into());
    }

    fn take(fields: &mut Fields) -> Result<Self, Error> {
        let minor: Option<i64> = fields.take()?;
        let to_currency = |code: Option<String>| code.map_or(Some(None), |code| to_currency(code).map(Some));
        match (minor, fields.take_as(to_currency)?) {
            (Some(minor), Some(currency)) => Ok(Some(Money::new(minor, currency))),
            (None, None) => Ok(None),
            _ => Err(fields.refuse()),
        }
    }
}

fn to_currency(code: String) -> Option<Currency> {
    code.parse().ok()
}
