//! The file of the service's secrets: one line with the master secret, from which all others derive, and further lines
//! for a bank that has given us secrets of its own: `bank_secret=…`, which we show to it, and
//! `bank_callback_secret=whsec_…`, with which it signs its messages to us. Those of a bank beside the first have its
//! name: `bank_secret.NAME=…`.

use crate::data_folder::folder_of;
use crate::server::is_bank_id;
use makegood_app::{Secrets, SecretsError};
use makegood_base::Entropy;
use makegood_notify::WebhookSecret;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

/// Why there are no secrets.
#[derive(Debug, thiserror::Error)]
pub enum SecretsFileError {
    /// The file cannot be read or written.
    #[error("the secrets file {file} cannot be used: {error}")]
    Unusable {
        /// The file.
        file: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// The master secret is none.
    #[error("the secrets file {file}: {error}")]
    Refused {
        /// The file.
        file: PathBuf,
        /// Why.
        error: SecretsError,
    },
    /// A line that is neither `bank_secret=…` nor `bank_callback_secret=whsec_…`, nor one of these with a bank's name.
    #[error(
        "the secrets file {file}: after the master secret only lines `bank_secret=…` and \
         `bank_callback_secret=whsec_…` may stand, and for further banks `bank_secret.NAME=…` and \
         `bank_callback_secret.NAME=whsec_…`"
    )]
    UnknownLine {
        /// The file.
        file: PathBuf,
    },
}

/// Reads the secrets.
pub fn read(file: &Path) -> Result<Secrets, SecretsFileError> {
    let unusable = |error| SecretsFileError::Unusable { file: file.to_owned(), error };
    if is_open_to_others(file).map_err(unusable)? {
        tracing::warn!(file = %file.display(), "others can read the secrets: their owner alone should (mode 0600)");
    }
    parse(&fs::read_to_string(file).map_err(unusable)?, file)
}

/// Reads the secrets; where there is no file, makes one that its owner alone can read. Two that make it at the
/// same time get the same secrets.
pub(crate) fn read_or_generate(file: &Path, entropy: &dyn Entropy) -> Result<Secrets, SecretsFileError> {
    match fs::exists(file) {
        Ok(true) => {}
        Ok(false) => {
            let unusable = |error| SecretsFileError::Unusable { file: file.to_owned(), error };
            generate(file, entropy).map_err(unusable)?;
        }
        Err(error) => return Err(SecretsFileError::Unusable { file: file.to_owned(), error }),
    }
    read(file)
}

/// Whether somebody else than the owner may read or write the file.
pub fn is_open_to_others(file: &Path) -> io::Result<bool> {
    Ok(fs::metadata(file)?.permissions().mode() & 0o077 != 0)
}

/// The whole text is on disk before the file has its name: passwords that were hashed with a secret that is
/// lost could never be verified again.
fn generate(file: &Path, entropy: &dyn Entropy) -> io::Result<()> {
    let folder = folder_of(file);
    let mut name = [0; 8];
    entropy.fill(&mut name);
    let draft = folder.join(format!(".secrets-{:016x}", u64::from_be_bytes(name)));
    let mut written = OpenOptions::new().create_new(true).write(true).mode(0o600).open(&draft)?;
    writeln!(written, "{}", Secrets::generate(entropy))?;
    written.sync_all()?;
    let linked = fs::hard_link(&draft, file);
    fs::remove_file(&draft)?;
    File::open(folder)?.sync_all()?;
    match linked {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        Ok(()) | Err(_) => Ok(()),
    }
}

fn parse(text: &str, file: &Path) -> Result<Secrets, SecretsFileError> {
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let refused = |error| SecretsFileError::Refused { file: file.to_owned(), error };
    let mut secrets = Secrets::parse(lines.next().unwrap_or_default()).map_err(refused)?;
    for line in lines {
        take(line, &mut secrets).ok_or_else(|| SecretsFileError::UnknownLine { file: file.to_owned() })?;
    }
    Ok(secrets)
}

/// Takes a line of a bank's; nothing where it is none.
fn take(line: &str, secrets: &mut Secrets) -> Option<()> {
    let (name, secret) = line.split_once('=')?;
    let (kind, bank) = name.split_once('.').map_or((name, None), |(kind, bank)| (kind, Some(bank)));
    let secret = match kind {
        "bank_secret" => Some(secret).filter(|secret| !secret.is_empty())?,
        "bank_callback_secret" => Some(secret).filter(|secret| WebhookSecret::parse(secret).is_ok())?,
        _ => return None,
    }
    .to_owned();
    match (bank, kind == "bank_secret") {
        (None, true) => secrets.bank_secret = secret,
        (None, false) => secrets.bank_callback_secret = secret,
        (Some(bank), is_shown) => {
            let given = Some(bank).filter(|bank| is_bank_id(bank))?;
            let given = secrets.more_banks.entry(given.to_owned()).or_default();
            let place = if is_shown { &mut given.secret } else { &mut given.callback_secret };
            *place = Some(secret);
        }
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use makegood_app::SystemEntropy;

    #[test]
    fn secrets_are_made_once_for_the_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("secrets");
        let made = read_or_generate(&file, &SystemEntropy).unwrap();
        assert!(!is_open_to_others(&file).unwrap());
        generate(&file, &SystemEntropy).unwrap();
        assert_eq!(read_or_generate(&file, &SystemEntropy).unwrap().token_key, made.token_key);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "the draft is gone");
        fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
        assert!(is_open_to_others(&file).unwrap());
    }

    #[test]
    fn a_file_is_read_strictly() {
        let master = Secrets::generate(&SystemEntropy);
        let file = Path::new("secrets");
        let with_bank = parse(&format!("{master}\nbank_secret=s3=cret\n"), file).unwrap();
        assert_eq!(with_bank.bank_secret, "s3=cret");
        assert_ne!(parse(&master, file).unwrap().bank_secret, "s3=cret");
        for text in ["", "bank_secret=x", "changeme"] {
            assert!(matches!(parse(text, file), Err(SecretsFileError::Refused { .. })), "{text}");
        }
        let callback = "bank_callback_secret=whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
        let with_callback = parse(&format!("{master}\n{callback}\n"), file).unwrap();
        assert!(callback.ends_with(&with_callback.bank_callback_secret));
        let named =
            parse(&format!("{master}\nbank_secret.north=a=b\n{}\n", callback.replace('=', ".north=")), file);
        let north = named.as_ref().unwrap().of_bank("north");
        assert_eq!(north.secret, "a=b");
        assert!(callback.ends_with(&north.callback_secret));
        assert_ne!(named.unwrap().bank_secret, "a=b");
        for line in [
            "bank_secret=",
            "pepper=1",
            "x",
            "bank_callback_secret=",
            "bank_callback_secret=secret",
            "bank_secret.=x",
            "bank_secret.North=x",
            "bank_callback_secret.north=secret",
        ] {
            let text = format!("{master}\n{line}");
            assert!(matches!(parse(&text, file), Err(SecretsFileError::UnknownLine { .. })), "{line}");
        }
    }
}
