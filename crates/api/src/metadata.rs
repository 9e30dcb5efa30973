//! The caller's own JSON on a transaction.

use serde::{Deserialize, Deserializer, Serialize, de};
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use utoipa::openapi::schema::{AdditionalProperties, ObjectBuilder};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

/// A JSON object that Florin keeps and does not read: at most 4,096 bytes. Keys are sorted at every depth,
/// so that equal objects are equal text; a key that stands there twice is refused.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Metadata(Map<String, Value>);

impl Metadata {
    /// The object as JSON, without white space.
    pub fn to_json(&self) -> String {
        serde_json::to_string(&self.0).expect("a map of text keys is JSON")
    }
}

impl<'de> Deserialize<'de> for Metadata {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(CanonicalObject).map(Self)
    }
}

/// Any JSON value, canonical.
struct Canonical(Value);

impl<'de> Deserialize<'de> for Canonical {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(CanonicalValue).map(Self)
    }
}

struct CanonicalObject;

impl<'de> de::Visitor<'de> for CanonicalObject {
    type Value = Map<String, Value>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: de::MapAccess<'de>>(self, mut object: A) -> Result<Map<String, Value>, A::Error> {
        let mut sorted = BTreeMap::new();
        while let Some(key) = object.next_key::<String>()? {
            let Canonical(value) = object.next_value()?;
            if sorted.contains_key(&key) {
                return Err(de::Error::custom(format_args!("duplicate field `{key}`")));
            }
            sorted.insert(key, value);
        }
        Ok(sorted.into_iter().collect())
    }
}

struct CanonicalValue;

impl<'de> de::Visitor<'de> for CanonicalValue {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_none<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_f64<E>(self, number: f64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(text.into())
    }

    fn visit_string<E>(self, text: String) -> Result<Value, E> {
        Ok(text.into())
    }

    fn visit_seq<A: de::SeqAccess<'de>>(self, mut array: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(Canonical(value)) = array.next_element()? {
            values.push(value);
        }
        Ok(values.into())
    }

    fn visit_map<A: de::MapAccess<'de>>(self, object: A) -> Result<Value, A::Error> {
        CanonicalObject.visit_map(object).map(Value::Object)
    }
}

impl PartialSchema for Metadata {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .description(Some(
                "A JSON object of the caller's own: kept, returned, not read. At most 4,096 bytes without \
                 white space; no key twice, no NUL. Numbers are doubles, as RFC 8259 recommends.",
            ))
            .additional_properties(Some(AdditionalProperties::FreeForm(true)))
            .examples([serde_json::json!({"order": "A-17"})])
            .into()
    }
}

impl ToSchema for Metadata {
    fn name() -> Cow<'static, str> {
        "Metadata".into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Doubles of every size, the same in every run.
    fn doubles() -> impl Iterator<Item = f64> {
        let mut state = 1_u64;
        let bits = std::iter::from_fn(move || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            Some(state ^ (state >> 31))
        });
        bits.map(f64::from_bits).filter(|double| double.is_finite()).take(10_000)
    }

    #[test]
    fn numbers_are_the_doubles_that_were_sent() {
        for double in doubles() {
            let sent = serde_json::json!({ "n": double }).to_string();
            let kept: Metadata = serde_json::from_str(&sent).unwrap();
            assert_eq!(kept.to_json(), sent);
        }
    }
}
