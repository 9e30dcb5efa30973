//! Whether an answer is one that the OpenAPI document knows.

use serde_json::Value;

/// The document, to compare answers with.
pub(crate) struct Contract {
    pub(crate) document: Value,
}

impl Contract {
    pub(crate) fn new() -> Self {
        let document = florin_server::http::openapi_document();
        Self { document: serde_json::to_value(document).unwrap() }
    }

    /// Every operation: its path, its method, and itself.
    pub(crate) fn operations(&self) -> impl Iterator<Item = (&str, &str, &Value)> {
        let paths = self.document["paths"].as_object().unwrap().iter();
        paths.flat_map(|(path, operations)| {
            let operations = operations.as_object().unwrap().iter();
            operations.map(move |(method, operation)| (path.as_str(), method.as_str(), operation))
        })
    }

    /// The document's operation for a request, with its path; `None` where there is none.
    fn operation(&self, method: &str, path: &str) -> Option<(&str, &Value)> {
        let paths = self.document["paths"].as_object().unwrap();
        // Paths without parameters come first: /v1/wallets/balances is no wallet.
        let template = paths.keys().filter(|template| matches(template, path));
        let template = template.min_by_key(|template| template.matches('{').count())?;
        Some((template, paths[template].get(method.to_lowercase())?))
    }

    /// Fails the test where an answer is not documented: its status, and a problem's code.
    pub(crate) fn check(&self, method: &str, url: &str, status: u16, body: &[u8]) {
        let path = url.split('?').next().unwrap();
        let Some((template, operation)) = self.operation(method, path) else {
            assert!([404, 405].contains(&status), "{method} {url} is not documented and answered {status}");
            return;
        };
        let response = &operation["responses"][status.to_string()];
        let body = String::from_utf8_lossy(body);
        assert!(response.is_object(), "{method} {template}: {status} is not documented: {body}");
        if status >= 400 {
            let problem: Value =
                serde_json::from_str(&body).unwrap_or_else(|error| panic!("{error}: {body}"));
            let code = problem["code"].as_str().unwrap();
            let documented = &response["content"]["application/problem+json"]["examples"];
            assert!(documented[code].is_object(), "{method} {template}: {code} is not documented: {body}");
        }
    }
}

fn matches(template: &str, path: &str) -> bool {
    let (mut template, mut path) = (template.split('/'), path.split('/'));
    loop {
        match (template.next(), path.next()) {
            (None, None) => return true,
            (Some(one), Some(other)) if one == other || one.starts_with('{') => {}
            _ => return false,
        }
    }
}
