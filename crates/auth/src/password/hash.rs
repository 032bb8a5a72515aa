//! Argon2id (RFC 9106) in memory that the caller keeps, as PHC strings.
//!
//! A hash fills tens of megabytes. Buffers that are allocated for each hash fragment the heap until a server
//! holds a gigabyte; so each hash borrows a [`HashBuffer`] from a pool of fixed size, which bounds memory and,
//! with it, how many hashes run at once.

use argon2::{Algorithm, Argon2, Block, Params, Version};
use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD};
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

const HASH_BYTES: usize = 32;
const SALT_BYTES_MAX: usize = 64;
const PHC_LENGTH_MAX: usize = 256;
const PASSES_MAX: u32 = 8;
const LANES_MAX: u32 = 4;

/// What a hash costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parameters {
    memory_kib: u32,
    passes: u32,
    lanes: u32,
}

impl Parameters {
    /// 19 MiB, two passes, one lane: the smallest memory of OWASP's Password Storage Cheat Sheet and of ASVS 5.0
    /// appendix C.
    #[must_use]
    pub const fn production() -> Self {
        Self { memory_kib: 19_456, passes: 2, lanes: 1 }
    }

    /// As little as Argon2 allows. It protects nothing: for tests only.
    #[must_use]
    pub const fn cheap() -> Self {
        Self { memory_kib: Params::MIN_M_COST, passes: 1, lanes: 1 }
    }

    /// A PHC string of this cost that no known password has. Verifying against it when a login is unknown
    /// takes as long as verifying against a real hash, so that time does not tell which logins exist.
    #[must_use]
    pub fn dummy_hash(self) -> String {
        phc_string(self, &[0; 16], &[0; HASH_BYTES])
    }

    fn is_within_caps(self, memory: &HashBuffer) -> bool {
        usize::try_from(self.memory_kib).is_ok_and(|blocks| blocks <= memory.0.len())
            && self.passes <= PASSES_MAX
            && self.lanes <= LANES_MAX
    }
}

/// The memory of one hash at a time.
pub struct HashBuffer(Vec<Block>);

impl HashBuffer {
    /// Memory for hashes of this cost and of less.
    #[must_use]
    pub fn new(parameters: Parameters) -> Self {
        Self(vec![Block::new(); usize::try_from(parameters.memory_kib).unwrap_or(usize::MAX)])
    }
}

/// Why there is no hash, or no verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HashError {
    /// The stored text is not a PHC string of Argon2id version 1.3 with 32 bytes of hash.
    #[error("the stored hash is not a PHC string of Argon2id")]
    Malformed,
    /// The stored text, or the caller, asks for more memory than the buffer has, or more than 8 passes or 4
    /// lanes.
    #[error("the hash costs more than this server allows")]
    TooCostly,
}

/// Hashes a password with 16 fresh random bytes of salt, and with the pepper if there is one: a key that is
/// kept outside the database, without which a stolen database cannot be attacked. The password is taken as it
/// is: not trimmed, not normalized, not cut.
pub fn hash(
    password: &str,
    salt: &[u8; 16],
    parameters: Parameters,
    pepper: Option<&[u8]>,
    memory: &mut HashBuffer,
) -> Result<String, HashError> {
    let output = derive(password, salt, parameters, pepper, memory)?;
    Ok(phc_string(parameters, salt, &*output))
}

/// Whether the password is the one of the stored PHC string. What the string costs is checked before anything
/// is computed, and the hashes are compared in constant time.
pub fn verify(
    password: &str,
    stored: &str,
    pepper: Option<&[u8]>,
    memory: &mut HashBuffer,
) -> Result<bool, HashError> {
    let stored = parse(stored)?;
    let output = derive(password, &stored.salt, stored.parameters, pepper, memory)?;
    Ok(output.ct_eq(&stored.hash).into())
}

fn derive(
    password: &str,
    salt: &[u8],
    parameters: Parameters,
    pepper: Option<&[u8]>,
    memory: &mut HashBuffer,
) -> Result<Zeroizing<[u8; HASH_BYTES]>, HashError> {
    if !parameters.is_within_caps(memory) {
        return Err(HashError::TooCostly);
    }
    let cost = Params::new(parameters.memory_kib, parameters.passes, parameters.lanes, Some(HASH_BYTES))
        .map_err(|_| HashError::Malformed)?;
    let (algorithm, version) = (Algorithm::Argon2id, Version::V0x13);
    let argon2 = Argon2::new_with_secret(pepper.unwrap_or_default(), algorithm, version, cost)
        .map_err(|_| HashError::Malformed)?;
    let mut output = Zeroizing::new([0; HASH_BYTES]);
    argon2
        .hash_password_into_with_memory(password.as_bytes(), salt, &mut *output, &mut memory.0)
        .map_err(|_| HashError::Malformed)?;
    Ok(output)
}

struct Stored {
    parameters: Parameters,
    salt: Vec<u8>,
    hash: [u8; HASH_BYTES],
}

fn phc_string(parameters: Parameters, salt: &[u8], hash: &[u8]) -> String {
    let Parameters { memory_kib, passes, lanes } = parameters;
    let (salt, hash) = (STANDARD_NO_PAD.encode(salt), STANDARD_NO_PAD.encode(hash));
    format!("$argon2id$v=19$m={memory_kib},t={passes},p={lanes}${salt}${hash}")
}

fn parse(text: &str) -> Result<Stored, HashError> {
    if text.len() > PHC_LENGTH_MAX {
        return Err(HashError::Malformed);
    }
    parse_parts(text).ok_or(HashError::Malformed)
}

fn parse_parts(text: &str) -> Option<Stored> {
    let (cost, rest) = text.strip_prefix("$argon2id$v=19$")?.split_once('$')?;
    let (salt, hash) = rest.split_once('$')?;
    let mut cost = cost.split(',');
    let mut number = |name: &str| decimal(cost.next()?.strip_prefix(name)?);
    let parameters = Parameters { memory_kib: number("m=")?, passes: number("t=")?, lanes: number("p=")? };
    if cost.next().is_some() {
        return None;
    }
    let salt = STANDARD_NO_PAD.decode(salt).ok()?;
    let hash = STANDARD_NO_PAD.decode(hash).ok()?.try_into().ok()?;
    (argon2::MIN_SALT_LEN..=SALT_BYTES_MAX).contains(&salt.len()).then_some(Stored { parameters, salt, hash })
}

/// A number as PHC strings write it: no sign, no leading zero.
fn decimal(text: &str) -> Option<u32> {
    let number: u32 = text.parse().ok()?;
    (number.to_string() == text).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From the test suite of the reference implementation (phc-winner-argon2, src/test.c), for the password
    /// `password`.
    const REFERENCE: [&str; 2] = [
        "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
        "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
    ];

    fn cheap() -> HashBuffer {
        HashBuffer::new(Parameters::cheap())
    }

    /// RFC 9106, 5.3. Its secret is our pepper; associated data is not something that we use.
    #[test]
    fn argon2id_is_that_of_the_rfc() {
        let expected = [
            0x0d, 0x64, 0x0d, 0xf5, 0x8d, 0x78, 0x76, 0x6c, 0x08, 0xc0, 0x37, 0xa3, 0x4a, 0x8b, 0x53, 0xc9,
            0xd0, 0x1e, 0xf0, 0x45, 0x2d, 0x75, 0xb6, 0x5e, 0xb5, 0x25, 0x20, 0xe9, 0x6b, 0x01, 0xe6, 0x59,
        ];
        let mut cost = argon2::ParamsBuilder::new();
        cost.m_cost(32).t_cost(3).p_cost(4).data(argon2::AssociatedData::new(&[4; 12]).unwrap());
        let cost = cost.build().unwrap();
        let argon2 = Argon2::new_with_secret(&[3; 8], Algorithm::Argon2id, Version::V0x13, cost).unwrap();
        let mut output = [0; HASH_BYTES];
        let mut memory = vec![Block::new(); 32];
        argon2.hash_password_into_with_memory(&[1; 32], &[2; 16], &mut output, &mut memory).unwrap();
        assert_eq!(output, expected);
    }

    #[test]
    fn hashes_of_the_reference_implementation_verify() {
        let mut memory = HashBuffer::new(Parameters { memory_kib: 65_536, passes: 2, lanes: 1 });
        for stored in REFERENCE {
            assert_eq!(verify("password", stored, None, &mut memory), Ok(true), "{stored}");
            assert_eq!(verify("Password", stored, None, &mut memory), Ok(false), "{stored}");
            assert_eq!(verify("password", stored, Some(b"pepper"), &mut memory), Ok(false), "{stored}");
        }
    }

    #[test]
    fn a_password_verifies_against_its_own_hash_alone() {
        let mut memory = cheap();
        let cost = Parameters::cheap();
        let long = "长".repeat(341);
        for (password, pepper) in [
            ("correct horse battery staple", None),
            (" correct horse battery staple ", Some(b"key".as_slice())),
            ("", None),
            (&long, None),
        ] {
            let stored = hash(password, &[9; 16], cost, pepper, &mut memory).unwrap();
            assert_eq!(verify(password, &stored, pepper, &mut memory), Ok(true));
            assert_eq!(verify(&format!("{password}x"), &stored, pepper, &mut memory), Ok(false));
            assert_eq!(verify(password, &stored, Some(b"other"), &mut memory), Ok(false));
            let other_salt = hash(password, &[8; 16], cost, pepper, &mut memory).unwrap();
            assert_ne!(stored, other_salt);
        }
    }

    #[test]
    fn production_parameters_are_pinned() {
        let cost = Parameters::production();
        let stored = hash("correct horse", &[1; 16], cost, None, &mut HashBuffer::new(cost)).unwrap();
        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored}");
        assert!(cost.dummy_hash().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        assert_eq!(cost.dummy_hash().len(), stored.len());
    }

    #[test]
    fn the_dummy_hash_takes_a_whole_hash_and_matches_nothing() {
        let stored = Parameters::cheap().dummy_hash();
        for password in ["", "password", "correct horse battery staple"] {
            assert_eq!(verify(password, &stored, None, &mut cheap()), Ok(false));
        }
    }

    #[test]
    fn stored_texts_are_checked_before_anything_is_hashed() {
        let good = hash("password", &[1; 16], Parameters::cheap(), None, &mut cheap()).unwrap();
        let with = |from: &str, to: &str| good.replacen(from, to, 1);
        for (stored, expected) in [
            (good.clone(), Ok(true)),
            (with("m=8", "m=9"), Err(HashError::TooCostly)),
            (with("m=8", "m=4294967295"), Err(HashError::TooCostly)),
            (with("t=1", "t=9"), Err(HashError::TooCostly)),
            (with("t=1", "t=4294967295"), Err(HashError::TooCostly)),
            (with("p=1", "p=5"), Err(HashError::TooCostly)),
            (with("p=1", "p=16777215"), Err(HashError::TooCostly)),
            (with("m=8", "m=4294967296"), Err(HashError::Malformed)),
            (with("m=8", "m=7"), Err(HashError::Malformed)),
            (with("p=1", "p=2"), Err(HashError::Malformed)),
            (with("t=1", "t=0"), Err(HashError::Malformed)),
            (with("p=1", "p=0"), Err(HashError::Malformed)),
            (with("m=8", "m=08"), Err(HashError::Malformed)),
            (with("m=8", "m=+8"), Err(HashError::Malformed)),
            (with("m=8,t=1", "t=1,m=8"), Err(HashError::Malformed)),
            (with("p=1", "p=1,data=AAAA"), Err(HashError::Malformed)),
            (with("argon2id", "argon2i"), Err(HashError::Malformed)),
            (with("v=19", "v=16"), Err(HashError::Malformed)),
            (with("$v=19", ""), Err(HashError::Malformed)),
            (with("$AQEB", "$AQE"), Err(HashError::Malformed)),
            (with("AQEBAQEBAQEBAQEBAQEBAQ", "AQEBAQEB"), Err(HashError::Malformed)),
            (with("AQEBAQEBAQEBAQEBAQEBAQ", &"A".repeat(88)), Err(HashError::Malformed)),
            (format!("{good}AA"), Err(HashError::Malformed)),
            (format!("{good}="), Err(HashError::Malformed)),
            (format!("{good}$"), Err(HashError::Malformed)),
            (good[1..].to_owned(), Err(HashError::Malformed)),
            (good[..good.len() - 2].to_owned(), Err(HashError::Malformed)),
            ("x".repeat(10_000), Err(HashError::Malformed)),
            (String::new(), Err(HashError::Malformed)),
        ] {
            assert_eq!(verify("password", &stored, None, &mut cheap()), expected, "{stored}");
        }
        let production = hash("password", &[1; 16], Parameters::production(), None, &mut cheap());
        assert_eq!(production, Err(HashError::TooCostly));
    }
}
