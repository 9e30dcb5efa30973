//! Lists, page by page.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A part of a list. What is added meanwhile does not shift it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Page<T> {
    /// The items, newest first unless the list says otherwise. There may be fewer than the limit although more follow.
    pub data: Vec<T>,
    /// What to pass as `cursor` for the items after these; `null` where there are none.
    pub next_cursor: Option<String>,
}
