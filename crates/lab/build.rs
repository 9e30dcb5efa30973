//! Compiles the disk that fails: a library of C that is preloaded into targets, on Linux alone.

use std::env;
use std::path::Path;

fn main() {
    let source = "src/disk/faults.c";
    println!("cargo::rerun-if-changed={source}");
    if env::var("CARGO_CFG_TARGET_OS").as_deref() != Ok("linux") {
        return;
    }
    let library = Path::new(&env::var_os("OUT_DIR").expect("set by cargo")).join("disk_faults.so");
    // A shared library, which `cc` itself does not make.
    let mut compiler = cc::Build::new().pic(true).opt_level(1).warnings(true).get_compiler().to_command();
    compiler.args(["-shared", "-Wall", "-Wextra", "-Werror", "-o"]).arg(&library).args([source, "-lpthread"]);
    assert!(compiler.status().expect("a C compiler, which SQLite needs too").success());
}
