//! Currencies of ISO 4217, with the number of decimals that the standard gives them.

/// A currency of ISO 4217 that has minor units (metals and test codes are refused).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Currency(iso_currency::Currency);

/// The text is not the code of a currency that money can be held in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an ISO 4217 code such as CNY, in capitals")]
pub struct CurrencyError;

impl Currency {
    /// The renminbi, 2 decimals.
    pub const CNY: Self = Self(iso_currency::Currency::CNY);
    /// The US dollar, 2 decimals.
    pub const USD: Self = Self(iso_currency::Currency::USD);
    /// The yen, no decimals.
    pub const JPY: Self = Self(iso_currency::Currency::JPY);
    /// The Kuwaiti dinar, 3 decimals.
    pub const KWD: Self = Self(iso_currency::Currency::KWD);

    /// The three capitals of the code.
    #[must_use]
    pub fn code(self) -> &'static str {
        self.0.code()
    }

    /// The numeric code of ISO 4217: 156 for CNY.
    #[must_use]
    pub fn numeric(self) -> u16 {
        self.0.numeric()
    }

    /// The currency with this numeric code, if money can be held in it.
    #[must_use]
    pub fn from_numeric(numeric: u16) -> Option<Self> {
        iso_currency::Currency::from_numeric(numeric)
            .filter(|currency| currency.exponent().is_some())
            .map(Self)
    }

    /// How many decimals an amount has: 2 for CNY, 0 for JPY, 3 for KWD.
    #[must_use]
    pub fn exponent(self) -> u32 {
        self.0.exponent().map_or(0, u32::from)
    }
}

impl std::str::FromStr for Currency {
    type Err = CurrencyError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if !text.bytes().all(|byte| byte.is_ascii_uppercase()) {
            return Err(CurrencyError);
        }
        iso_currency::Currency::from_code(text)
            .filter(|currency| currency.exponent().is_some())
            .map(Self)
            .ok_or(CurrencyError)
    }
}

impl std::fmt::Display for Currency {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.code())
    }
}

impl std::fmt::Debug for Currency {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.code())
    }
}

impl serde::Serialize for Currency {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

impl<'de> serde::Deserialize<'de> for Currency {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}
