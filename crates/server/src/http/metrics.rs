//! What is counted of each request. The recorder is asked for a counter once for each route, method and
//! status, not once a request. Label values are bounded: routes as they are declared, known methods.

use axum::http::{Method, StatusCode};
use metrics::{Counter, Histogram};
use std::collections::HashMap;
use std::sync::OnceLock;
use std::time::Duration;

/// The label of what matches no route.
const UNMATCHED: &str = "unmatched";
const METHODS: [&str; 6] = ["GET", "POST", "PUT", "PATCH", "DELETE", "other"];

/// Counters of all routes.
pub(super) struct HttpMetrics {
    routes: HashMap<String, [RouteMetrics; METHODS.len()]>,
}

/// One route, one method.
struct RouteMetrics {
    seconds: OnceLock<Histogram>,
    /// By status, from 100.
    requests: Vec<OnceLock<Counter>>,
}

impl HttpMetrics {
    /// For these routes. Whoever renders metrics must be installed before the first request.
    pub(super) fn new(routes: impl IntoIterator<Item = String>) -> Self {
        let routes = routes.into_iter().chain([UNMATCHED.to_owned()]);
        Self { routes: routes.map(|route| (route, std::array::from_fn(|_| RouteMetrics::new()))).collect() }
    }

    /// Counts one request.
    pub(super) fn record(&self, route: Option<&str>, method: &Method, status: StatusCode, took: Duration) {
        let known = route.and_then(|route| self.routes.get_key_value(route));
        let Some((route, methods)) = known.or_else(|| self.routes.get_key_value(UNMATCHED)) else { return };
        let index = METHODS.iter().position(|name| *name == method.as_str()).unwrap_or(METHODS.len() - 1);
        methods[index].record(route, METHODS[index], status, took);
    }
}

impl RouteMetrics {
    fn new() -> Self {
        Self { seconds: OnceLock::new(), requests: (100..600).map(|_| OnceLock::new()).collect() }
    }

    fn record(&self, route: &str, method: &'static str, status: StatusCode, took: Duration) {
        let labels = || [("route", route.to_owned()), ("method", method.to_owned())];
        let seconds = || metrics::histogram!("florin_http_request_seconds", &labels());
        self.seconds.get_or_init(seconds).record(took);
        let Some(counter) = self.requests.get(usize::from(status.as_u16()).wrapping_sub(100)) else { return };
        let requests = || {
            let [route, method] = labels();
            let status = ("status", status.as_str().to_owned());
            metrics::counter!("florin_http_requests_total", &[route, method, status])
        };
        counter.get_or_init(requests).increment(1);
    }
}
