//! Tells Cargo when the console's files have to be taken into the binary anew. It never builds them: that needs Node,
//! and `make console` does it.

use std::path::Path;

fn main() {
    let is_debug = std::env::var("PROFILE").is_ok_and(|profile| profile == "debug");
    let (console, bundle) = (Path::new("../../console"), Path::new("../../console/dist"));
    println!("cargo:rerun-if-changed=build.rs");
    // A debug build reads the files when they are asked for. What is not there must not be named: Cargo would run
    // this, and build the server, every time.
    if bundle.exists() && !is_debug {
        println!("cargo:rerun-if-changed={}", bundle.display());
    } else if console.exists() && !bundle.exists() {
        println!("cargo:rerun-if-changed={}", console.display());
    }
}
