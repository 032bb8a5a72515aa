//! Typed ids (TypeID 0.3): a prefix that names the kind, an underscore, and 128 bits as 26 characters
//! of Crockford's base 32. The bits are a UUIDv7 (RFC 9562), so that ids sort by the time they were made.

use crate::{Timestamp, entropy::Entropy};

/// The 16 bytes behind a typed id.
pub type RawId = [u8; 16];

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
const SUFFIX_LENGTH: usize = 26;

/// Why a text is not an id of the wanted kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// The text does not start with the kind's prefix and an underscore.
    #[error("the id does not start with `{expected}_`")]
    Prefix {
        /// The prefix that was wanted.
        expected: &'static str,
    },
    /// The part behind the prefix is not 26 characters of base 32 that fit 128 bits.
    #[error("the part behind the prefix is not 26 characters of TypeID's base 32")]
    Suffix,
}

/// The 26 characters of a TypeID suffix.
#[must_use]
pub fn encode_suffix(raw: &RawId) -> String {
    let mut value = u128::from_be_bytes(*raw);
    let mut text = [0_u8; SUFFIX_LENGTH];
    for place in text.iter_mut().rev() {
        *place = ALPHABET[usize::from(value.to_le_bytes()[0] & 31)];
        value >>= 5;
    }
    text.iter().map(|byte| char::from(*byte)).collect()
}

/// The 16 bytes of a TypeID suffix. Upper case, a wrong length and more than 128 bits are refused, so that
/// each id has one text.
pub fn decode_suffix(text: &str) -> Result<RawId, IdError> {
    let bytes = text.as_bytes();
    if bytes.len() != SUFFIX_LENGTH || bytes[0] > b'7' {
        return Err(IdError::Suffix);
    }
    let mut value = 0_u128;
    for byte in bytes {
        let digit = ALPHABET.iter().position(|letter| letter == byte).ok_or(IdError::Suffix)?;
        value = (value << 5) | digit as u128;
    }
    Ok(value.to_be_bytes())
}

/// What all ids of one command are made from: its time and ten random bytes. A command that runs again with
/// the same seed makes the same ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct IdSeed {
    /// When the command was made.
    pub at: Timestamp,
    /// Randomness, drawn once.
    pub random: [u8; 10],
}

impl IdSeed {
    /// Draws a seed.
    pub fn draw(at: Timestamp, entropy: &dyn Entropy) -> Self {
        let mut random = [0; 10];
        entropy.fill(&mut random);
        Self { at, random }
    }
}

/// Makes the ids of one command, each other than the one before, always the same from the same seed.
#[derive(Debug, Clone)]
pub struct Ids {
    seed: IdSeed,
    made: u64,
}

impl Ids {
    /// Starts from a seed.
    #[must_use]
    pub fn new(seed: IdSeed) -> Self {
        Self { seed, made: 0 }
    }

    /// The next id: `PaymentId::from_raw(ids.next_raw())` or, shorter, `ids.make()`.
    pub fn next_raw(&mut self) -> RawId {
        let mut raw: RawId = [0; 16];
        let millis = u64::try_from(self.seed.at.as_micros() / 1_000).unwrap_or(0);
        raw[..6].copy_from_slice(&millis.to_be_bytes()[2..]);
        raw[6..].copy_from_slice(&self.seed.random);
        // The counter is added to the last eight bytes, so that the ids of a command are neighbours.
        let mut tail = [0; 8];
        tail.copy_from_slice(&raw[8..]);
        let tail = u64::from_be_bytes(tail).wrapping_add(self.made);
        raw[8..].copy_from_slice(&tail.to_be_bytes());
        raw[6] = (raw[6] & 0x0f) | 0x70;
        raw[8] = (raw[8] & 0x3f) | 0x80;
        self.made = self.made.wrapping_add(1);
        raw
    }

    /// The next id, of the kind that is wanted.
    pub fn make<I: From<RawId>>(&mut self) -> I {
        I::from(self.next_raw())
    }
}

/// Declares a typed id: a newtype over 16 bytes whose text is a TypeID with the given prefix.
///
/// ```
/// makegood_base::typed_id!(
///     /// A parcel.
///     ParcelId = "parcel"
/// );
/// let id: ParcelId = "parcel_01h455vb4pex5vsknk084sn02q".parse().unwrap();
/// assert_eq!(id.to_string(), "parcel_01h455vb4pex5vsknk084sn02q");
/// assert!("box_01h455vb4pex5vsknk084sn02q".parse::<ParcelId>().is_err());
/// ```
#[macro_export]
macro_rules! typed_id {
    ($(#[$meta:meta])* $name:ident = $prefix:literal) => {
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name($crate::RawId);

        impl $name {
            /// The kind's prefix, without the underscore.
            pub const PREFIX: &'static str = $prefix;

            /// The id with these bytes.
            #[must_use]
            pub const fn from_raw(raw: $crate::RawId) -> Self {
                Self(raw)
            }

            /// The id's bytes.
            #[must_use]
            pub const fn raw(&self) -> $crate::RawId {
                self.0
            }
        }

        impl From<$crate::RawId> for $name {
            fn from(raw: $crate::RawId) -> Self {
                Self(raw)
            }
        }

        impl ::core::fmt::Display for $name {
            fn fmt(&self, formatter: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                write!(formatter, "{}_{}", $prefix, $crate::encode_suffix(&self.0))
            }
        }

        impl ::core::fmt::Debug for $name {
            fn fmt(&self, formatter: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                ::core::fmt::Display::fmt(self, formatter)
            }
        }

        impl ::core::str::FromStr for $name {
            type Err = $crate::IdError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                let suffix = text
                    .strip_prefix($prefix)
                    .and_then(|rest| rest.strip_prefix('_'))
                    .ok_or($crate::IdError::Prefix { expected: $prefix })?;
                $crate::decode_suffix(suffix).map(Self)
            }
        }

        impl $crate::serde::Serialize for $name {
            fn serialize<S: $crate::serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> $crate::serde::Deserialize<'de> for $name {
            fn deserialize<D: $crate::serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <::std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
                text.parse().map_err($crate::serde::de::Error::custom)
            }
        }
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From the TypeID specification's valid.yml: UUID in hex, suffix.
    const VALID: &[(&str, &str)] = &[
        ("00000000000000000000000000000000", "00000000000000000000000000"),
        ("00000000000000000000000000000001", "00000000000000000000000001"),
        ("0000000000000000000000000000000a", "0000000000000000000000000a"),
        ("00000000000000000000000000000010", "0000000000000000000000000g"),
        ("00000000000000000000000000000020", "00000000000000000000000010"),
        ("ffffffffffffffffffffffffffffffff", "7zzzzzzzzzzzzzzzzzzzzzzzzz"),
        ("0110c8531d0952d8d73e1194e95b5f19", "0123456789abcdefghjkmnpqrs"),
        ("01890a5dac96774bbcceb302099a8057", "01h455vb4pex5vsknk084sn02q"),
    ];

    fn raw(hex: &str) -> RawId {
        u128::from_str_radix(hex, 16).unwrap().to_be_bytes()
    }

    #[test]
    fn suffixes_of_the_specification() {
        for (hex, text) in VALID {
            assert_eq!(encode_suffix(&raw(hex)), *text);
            assert_eq!(decode_suffix(text), Ok(raw(hex)), "{text}");
        }
        for text in [
            "",
            "8zzzzzzzzzzzzzzzzzzzzzzzzz",
            "0123456789ABCDEFGHJKMNPQRS",
            "0123456789abcdefghjkmnpqr",
            "0123456789abcdefghjkmnpqrst",
            "i123456789abcdefghjkmnpqrs",
            "0123456789abcdefghjkmnpqru",
            "123456789-0123456789-01234",
            "٠00000000000000000000000",
        ] {
            assert_eq!(decode_suffix(text), Err(IdError::Suffix), "{text}");
        }
    }

    #[test]
    fn a_prefix_is_one_kind_alone() {
        let id = crate::PaymentId::from_raw(raw(VALID[7].0));
        assert_eq!(id.to_string(), "pay_01h455vb4pex5vsknk084sn02q");
        assert_eq!(id.to_string().parse(), Ok(id));
        assert_eq!(
            "ord_01h455vb4pex5vsknk084sn02q".parse::<crate::PaymentId>(),
            Err(IdError::Prefix { expected: "pay" })
        );
        assert!("pay01h455vb4pex5vsknk084sn02q".parse::<crate::PaymentId>().is_err());
    }

    #[test]
    fn a_seed_makes_the_same_version_7_ids_again() {
        let seed = IdSeed { at: Timestamp::from_micros(1_763_000_000_123_456), random: [0xff; 10] };
        let mut first = Ids::new(seed);
        let mut second = Ids::new(seed);
        let made: Vec<RawId> = (0..1_000).map(|_| first.next_raw()).collect();
        assert_eq!(made, (0..1_000).map(|_| second.next_raw()).collect::<Vec<_>>());
        let distinct: std::collections::BTreeSet<_> = made.iter().collect();
        assert_eq!(distinct.len(), 1_000);
        for id in &made {
            assert_eq!(id[6] >> 4, 7);
            assert_eq!(id[8] >> 6, 0b10);
            let mut millis = [0; 8];
            millis[2..].copy_from_slice(&id[..6]);
            assert_eq!(u64::from_be_bytes(millis), 1_763_000_000_123);
        }
    }
}
