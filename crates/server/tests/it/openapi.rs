use crate::contract::Contract;
use florin_api::ProblemCode;
use serde_json::Value;
use std::path::Path;

/// Clients, the console among them, are generated from this file.
#[test]
fn the_document_that_is_checked_in_is_the_servers() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../openapi.json");
    let document = florin_server::http::openapi_document().to_pretty_json().unwrap() + "\n";
    if std::env::var_os("FLORIN_WRITE_OPENAPI").is_some() {
        std::fs::write(&path, &document).unwrap();
    }
    let checked_in = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        checked_in == document,
        "openapi.json is stale: FLORIN_WRITE_OPENAPI=1 cargo test -p florin-server --test it openapi writes it"
    );
}

#[test]
fn every_operation_is_documented_in_full() {
    let contract = Contract::new();
    let mut ids = std::collections::BTreeSet::new();
    for (path, method, operation) in contract.operations() {
        let place = format!("{method} {path}");
        assert!(operation["summary"].is_string(), "{place} has no summary");
        assert!(operation["tags"].is_array(), "{place} has no tag");
        assert!(ids.insert(operation["operationId"].as_str().unwrap()), "{place} has another's operationId");
        let responses = operation["responses"].as_object().unwrap();
        assert!(responses.keys().any(|status| status.starts_with('2')), "{place} cannot succeed");
        let is_open = operation["security"] == serde_json::json!([{}]);
        assert!(is_open || responses.contains_key("401"), "{place} needs a token and does not say so");
        assert_eq!(
            operation["requestBody"].is_object(),
            responses.contains_key("415"),
            "{place}: a body that is not JSON"
        );
        for (status, response) in responses {
            assert!(
                response["description"].as_str().is_some_and(|text| !text.is_empty()),
                "{place} {status}"
            );
        }
    }
}

/// A schema that is named must be there.
#[test]
fn every_reference_leads_somewhere() {
    fn check(document: &Value, value: &Value) {
        match value {
            Value::Object(object) => {
                if let Some(Value::String(reference)) = object.get("$ref") {
                    let pointer = reference.strip_prefix('#').unwrap();
                    assert!(document.pointer(pointer).is_some(), "{reference} leads nowhere");
                }
                object.values().for_each(|value| check(document, value));
            }
            Value::Array(array) => array.iter().for_each(|value| check(document, value)),
            _ => {}
        }
    }
    let document = Contract::new().document;
    assert_eq!(document["openapi"], "3.1.0");
    check(&document, &document);
}

#[test]
fn the_codes_of_problems_are_those_on_the_wire() {
    let document = Contract::new().document;
    let documented = document["components"]["schemas"]["ProblemCode"]["enum"].as_array().unwrap();
    let on_the_wire = ProblemCode::ALL.iter().map(|code| serde_json::to_value(code).unwrap());
    assert_eq!(documented, &on_the_wire.collect::<Vec<_>>());
}

/// Where unknown fields are refused, a `type` that stood beside the fields would be refused too.
#[test]
fn an_item_of_a_bulk_has_its_type_among_its_fields() {
    let document = Contract::new().document;
    let items = document["components"]["schemas"]["BulkItem"]["oneOf"].as_array().unwrap();
    let kinds: Vec<_> =
        items.iter().map(|item| item["properties"]["type"]["enum"][0].as_str().unwrap()).collect();
    assert_eq!(kinds, ["transfer", "deposit", "withdrawal", "top_up", "spend", "bonus", "reversal"]);
    assert!(items.iter().all(|item| item["additionalProperties"] == false));
}
