//! Assets: what is counted.

use crate::Scale;
use std::fmt;

/// An asset's code: 1 to 16 of `A`-`Z`, `0`-`9` and `_`, beginning with a letter. It names the asset for
/// ever, so it is also its key. `Copy`, so that wallets and transactions carry it without allocating.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AssetCode {
    bytes: [u8; Self::LENGTH_MAX],
    length: u8,
}

impl AssetCode {
    /// The most characters that a code may have.
    pub const LENGTH_MAX: usize = 16;

    /// Reads a code; `None` unless it has the form that [`AssetCode`] states.
    pub fn parse(text: &str) -> Option<Self> {
        let first = text.bytes().next()?;
        let valid = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
        if !first.is_ascii_uppercase() || !text.bytes().all(valid) {
            return None;
        }
        let mut bytes = [0; Self::LENGTH_MAX];
        bytes.get_mut(..text.len())?.copy_from_slice(text.as_bytes());
        Some(Self { bytes, length: u8::try_from(text.len()).ok()? })
    }

    /// The code as text.
    pub fn as_str(&self) -> &str {
        let used = self.bytes.get(..usize::from(self.length)).unwrap_or_default();
        std::str::from_utf8(used).unwrap_or_default()
    }
}

impl fmt::Display for AssetCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for AssetCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AssetCode({self})")
    }
}

/// What decisions need to know of an asset. Immutable once created.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asset {
    /// Its code and key.
    pub code: AssetCode,
    /// Its decimal places.
    pub scale: Scale,
}
