//! JSON bodies: nothing panics, and what is read and written again is the same.

#![no_main]

use florin_api as api;
use florin_server::http::extract::parse_json;
use libfuzzer_sys::fuzz_target;
use serde::Serialize;
use serde::de::DeserializeOwned;

fuzz_target!(|body: &[u8]| {
    again::<api::TransferRequest>(body);
    again::<api::SpendRequest>(body);
    again::<api::ReversalRequest>(body);
    again::<api::BulkRequest>(body);
    again::<api::BulkItem>(body);
    again::<api::NewPayout>(body);
    again::<api::ExecutePayout>(body);
    again::<api::CompensatePayout>(body);
    again::<api::WalletPatch>(body);
    again::<api::BalancesRequest>(body);
    again::<api::NewAsset>(body);
    again::<api::NewUser>(body);
    again::<api::NewApiKey>(body);
    // A PIN is never written.
    let _ = parse_json::<api::StepUpRequest>(body);
});

fn again<T: Serialize + DeserializeOwned>(body: &[u8]) {
    let Ok(read) = parse_json::<T>(body) else { return };
    let written = serde_json::to_string(&read).expect("what came from JSON is JSON");
    let Ok(read) = parse_json::<T>(written.as_bytes()) else { panic!("refused what it wrote: {written}") };
    assert_eq!(serde_json::to_string(&read).expect("JSON"), written);
}
