//! The pepper of transaction PINs: a key that lives outside the database, so that whoever has only the database
//! cannot try 10,000 PINs at home. It has versions: new PINs take the newest, and a PIN under an older one is
//! hashed anew when its owner next enters it.

use super::opaque::random_bytes;
use super::secret_file::{self, SecretFileError};
use base64::{Engine, engine::general_purpose::STANDARD};
use florin_ledger::{LedgerId, UserId};
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretBox, SecretString};
use sha2::Sha256;
use std::path::Path;

/// Why there is no pepper.
#[derive(Debug, thiserror::Error)]
pub enum PinPepperError {
    /// Its file cannot be used.
    #[error(transparent)]
    File(#[from] SecretFileError),
    /// It is not written as a pepper is.
    #[error(
        "the PIN pepper is not one: VERSION:BASE64 of 32 bytes or more, newest first, separated by commas; \
         \"1:$(openssl rand -base64 32)\" makes the first"
    )]
    Malformed,
}

/// The pepper, in all the versions that stored PINs may have.
#[derive(Debug)]
pub struct PinPepper {
    newest: Version,
    older: Vec<Version>,
}

#[derive(Debug)]
struct Version {
    number: u32,
    key: SecretBox<Vec<u8>>,
}

impl PinPepper {
    /// The name of the pepper's file in the data folder.
    pub const FILE_NAME: &'static str = "pin-pepper";
    const BYTES_MIN: usize = 32;

    /// A fresh one.
    pub fn generate() -> Self {
        Self::parse(&Self::generate_text()).expect("it was just written as one")
    }

    /// Reads `2:BASE64,1:BASE64`, newest first; no version twice.
    pub fn parse(text: &SecretString) -> Result<Self, PinPepperError> {
        let versions = text.expose_secret().trim().split(',').map(Version::parse);
        let mut versions = versions.collect::<Option<Vec<_>>>().ok_or(PinPepperError::Malformed)?;
        let is_twice = |one: &Version| versions.iter().filter(|other| other.number == one.number).count() > 1;
        if versions.iter().any(is_twice) {
            return Err(PinPepperError::Malformed);
        }
        let newest = versions.remove(0);
        Ok(Self { newest, older: versions })
    }

    /// Reads the pepper of a data folder; makes one where there is none.
    pub fn load_or_create(data_dir: &Path) -> Result<Self, PinPepperError> {
        Self::parse(&secret_file::load_or_create(data_dir, Self::FILE_NAME, Self::generate_text)?)
    }

    fn generate_text() -> SecretString {
        format!("1:{}\n", STANDARD.encode(random_bytes::<32>())).into()
    }

    /// The version that new PINs get.
    pub fn newest(&self) -> u32 {
        self.newest.number
    }

    /// What is hashed of a person's PIN under a version of the pepper, where that version is known. It belongs to
    /// one person of one ledger: the same PIN of two is two things.
    pub fn season(
        &self,
        version: u32,
        ledger: LedgerId,
        user: UserId,
        pin: &SecretString,
    ) -> Option<[u8; 32]> {
        let version = std::iter::once(&self.newest).chain(&self.older).find(|one| one.number == version)?;
        let mut hmac = Hmac::<Sha256>::new_from_slice(version.key.expose_secret()).ok()?;
        hmac.update(format!("florin-pin\n{ledger}\n{user}\n").as_bytes());
        hmac.update(pin.expose_secret().as_bytes());
        Some(hmac.finalize().into_bytes().into())
    }
}

impl Version {
    fn parse(text: &str) -> Option<Self> {
        let (number, key) = text.trim().split_once(':')?;
        let key = STANDARD.decode(key).ok().filter(|key| key.len() >= PinPepper::BYTES_MIN)?;
        Some(Self { number: number.parse().ok()?, key: SecretBox::new(Box::new(key)) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "1:MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=";
    const TWO: &str = "2:YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXphYmNkZWY=";

    fn pepper(text: &str) -> PinPepper {
        PinPepper::parse(&text.into()).unwrap()
    }

    fn season(pepper: &PinPepper, version: u32, user: i64, pin: &str) -> Option<[u8; 32]> {
        pepper.season(version, LedgerId::MAIN, UserId(user), &pin.into())
    }

    #[test]
    fn each_person_pin_and_version_gives_something_else() {
        let both = pepper(&format!("{TWO}, {ONE}\n"));
        assert_eq!(both.newest(), 2);
        let all = [(1, 1, "2846"), (2, 1, "2846"), (1, 2, "2846"), (1, 1, "2847"), (1, 12, "846")];
        let all: Vec<_> = all.map(|(version, user, pin)| season(&both, version, user, pin).unwrap()).into();
        for (index, one) in all.iter().enumerate() {
            assert!(!all[index + 1..].contains(one), "{index}");
        }
        let elsewhere = both.season(1, LedgerId(2), UserId(1), &"2846".into()).unwrap();
        assert!(!all.contains(&elsewhere));
        assert_eq!(
            season(&pepper(ONE), 1, 1, "2846"),
            Some(all[0]),
            "a version is the same wherever it stands"
        );
        assert_eq!(season(&pepper(ONE), 2, 1, "2846"), None);
    }

    #[test]
    fn what_is_no_pepper_is_refused() {
        for text in [
            "",
            "1",
            "1:",
            "1:c2hvcnQ=",
            "x:MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=",
            &format!("{ONE},"),
            &format!("{ONE},{ONE}"),
        ] {
            assert!(matches!(PinPepper::parse(&text.into()), Err(PinPepperError::Malformed)), "{text}");
        }
    }

    #[test]
    fn the_first_start_makes_it_and_the_second_finds_it() {
        let folder = tempfile::tempdir().unwrap();
        let seasoned = || season(&PinPepper::load_or_create(folder.path()).unwrap(), 1, 1, "2846");
        assert_eq!(seasoned(), seasoned());
        assert!(seasoned().is_some());
    }

    #[test]
    fn its_debug_text_says_nothing_of_it() {
        let text = format!("{:?}", pepper(ONE));
        assert!(!text.contains("MDEy") && !text.contains("48, 49"), "{text}");
    }
}
