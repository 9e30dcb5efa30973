//! Amounts as they come in.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::borrow::Cow;
use std::fmt;
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

/// An amount in a request: decimal text, such as `"125.50"`. A JSON number has lost its exactness before
/// anybody looks at it; it is kept apart here, so that its refusal can say so.
#[derive(Clone, Debug, PartialEq)]
pub enum AmountText {
    /// As it must be.
    Text(String),
    /// A JSON number; always refused.
    Number(serde_json::Number),
}

impl From<&str> for AmountText {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl Serialize for AmountText {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Text(text) => serializer.serialize_str(text),
            Self::Number(number) => number.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for AmountText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TextOrNumber)
    }
}

struct TextOrNumber;

impl de::Visitor<'_> for TextOrNumber {
    type Value = AmountText;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an amount as a string, such as \"125.50\"")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<AmountText, E> {
        Ok(AmountText::Text(text.to_owned()))
    }

    fn visit_string<E: de::Error>(self, text: String) -> Result<AmountText, E> {
        Ok(AmountText::Text(text))
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<AmountText, E> {
        Ok(AmountText::Number(number.into()))
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<AmountText, E> {
        Ok(AmountText::Number(number.into()))
    }

    fn visit_f64<E: de::Error>(self, number: f64) -> Result<AmountText, E> {
        let number = serde_json::Number::from_f64(number);
        number.map(AmountText::Number).ok_or_else(|| E::custom("a number that is not finite"))
    }
}

impl PartialSchema for AmountText {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .description(Some(
                "An amount above zero: plain digits with an optional decimal point, no more decimals than \
                 the asset has. Never a JSON number.",
            ))
            .pattern(Some("^(0|[1-9][0-9]*)(\\.[0-9]{1,18})?$"))
            .max_length(Some(57))
            .examples(["12.50"])
            .into()
    }
}

impl ToSchema for AmountText {
    fn name() -> Cow<'static, str> {
        "AmountText".into()
    }
}
