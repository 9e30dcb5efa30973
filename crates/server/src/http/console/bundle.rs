//! The console's files, as `make console` built them: in the binary, but in a debug build they are read from the
//! folder. Where there is no such folder Florin works without them.

use rust_embed::Embed;
use std::borrow::Cow;

#[derive(Embed)]
#[folder = "../../console/dist"]
#[allow_missing = true]
struct Bundle;

/// The file at this path.
pub(super) fn find(path: &str) -> Option<Cow<'static, [u8]>> {
    Bundle::get(path).map(|file| file.data)
}
