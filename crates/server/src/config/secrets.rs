//! Values that must not be printed.

use secrecy::SecretString;
use serde::de::{Deserialize, Deserializer};

/// Reads a secret; the empty text is none.
pub(super) fn optional<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<SecretString>, D::Error> {
    let text = String::deserialize(deserializer)?;
    Ok((!text.is_empty()).then(|| text.into()))
}
