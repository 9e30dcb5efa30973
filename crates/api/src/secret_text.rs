//! Passwords, tokens and keys on the wire.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A text that signs somebody in. It goes over the wire as any text does; `Debug` does not show it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SecretText(String);

impl SecretText {
    /// The text, for whoever has a use for it.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The text itself.
    pub fn into_exposed(self) -> String {
        self.0
    }
}

impl From<&str> for SecretText {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl fmt::Debug for SecretText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretText(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn goes_over_the_wire_and_is_not_shown() {
        let secret: SecretText = serde_json::from_str(r#""florin-demo""#).unwrap();
        assert_eq!(secret.expose(), "florin-demo");
        assert_eq!(serde_json::to_string(&secret).unwrap(), r#""florin-demo""#);
        assert_eq!(format!("{secret:?}"), "SecretText(…)");
    }
}
