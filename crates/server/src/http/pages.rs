//! Lists, page by page: limits and cursors. A cursor says after which item to go on, and of which list; to
//! clients it is opaque, so that what is in it may change.

use super::ApiError;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use florin_api::{Page, ProblemCode};
use std::fmt::Display;
use std::str::FromStr;

/// How many items a page has if nobody says.
const LIMIT_DEFAULT: usize = 50;
const LIMIT_MAX: usize = 1000;
/// The form of cursors; a new one refuses those of the old.
const CURSOR_FORM: &str = "1";

/// One list and the part of it that is asked for.
pub(super) struct PageRequest<P> {
    list: String,
    limit: usize,
    /// The last item of the page before.
    pub(super) before: Option<P>,
}

impl<P: FromStr + Display> PageRequest<P> {
    /// The part of `list` that the query's parameters ask for.
    pub(super) fn new(
        list: impl Into<String>,
        limit: Option<&str>,
        cursor: Option<&str>,
    ) -> Result<Self, ApiError> {
        let list = list.into();
        let before = cursor.map(|cursor| parse_cursor(&list, cursor)).transpose()?;
        Ok(Self { limit: parse_limit(limit)?, before, list })
    }

    /// How many items to read: one more than the page has, to see whether there is another.
    pub(super) fn items_to_read(&self) -> usize {
        self.limit + 1
    }

    /// The page of the items that were read.
    pub(super) fn page<T, W>(
        &self,
        mut items: Vec<T>,
        position: impl Fn(&T) -> P,
        wire: impl FnMut(T) -> W,
    ) -> Page<W> {
        let has_more = items.len() > self.limit;
        items.truncate(self.limit);
        let last = items.last().filter(|_| has_more);
        let next_cursor = last
            .map(|item| URL_SAFE_NO_PAD.encode(format!("{CURSOR_FORM}/{}/{}", self.list, position(item))));
        Page { data: items.into_iter().map(wire).collect(), next_cursor }
    }
}

fn parse_limit(text: Option<&str>) -> Result<usize, ApiError> {
    let Some(text) = text else { return Ok(LIMIT_DEFAULT) };
    let limit = text.parse().ok().filter(|limit| (1..=LIMIT_MAX).contains(limit));
    limit.ok_or_else(|| {
        let detail = format!("The limit is a number from 1 to {LIMIT_MAX}. Ask for more page by page.");
        ApiError::invalid_field(ProblemCode::LimitInvalid, "limit", detail)
    })
}

fn parse_cursor<P: FromStr>(list: &str, cursor: &str) -> Result<P, ApiError> {
    let text = URL_SAFE_NO_PAD.decode(cursor).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let position = text.as_deref().and_then(|text| {
        let position = text.strip_prefix(CURSOR_FORM)?.strip_prefix('/')?.strip_prefix(list)?;
        position.strip_prefix('/')?.parse().ok()
    });
    position.ok_or_else(|| {
        ApiError::invalid_field(
            ProblemCode::CursorInvalid,
            "cursor",
            "The cursor is none that this list gave. Pass next_cursor as it came, or begin without one.",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(limit: Option<&str>, cursor: Option<&str>) -> Result<PageRequest<i64>, ApiError> {
        PageRequest::new("things/7", limit, cursor)
    }

    fn page(request: &PageRequest<i64>, items: impl Iterator<Item = i64>) -> Page<i64> {
        request.page(items.take(request.items_to_read()).collect(), |item| *item, |item| item)
    }

    #[test]
    fn pages_follow_each_other_to_the_end() {
        let first = page(&request(Some("3"), None).unwrap(), (1..=5).rev());
        assert_eq!(first.data, [5, 4, 3]);
        let next = request(Some("3"), first.next_cursor.as_deref()).unwrap();
        assert_eq!(next.before, Some(3));
        let last = page(&next, (1..=2).rev());
        assert_eq!((last.data, last.next_cursor), (vec![2, 1], None));
    }

    #[test]
    fn limits_are_bounded() {
        for limit in ["0", "1001", "1000000", "-1", "many", ""] {
            assert!(request(Some(limit), None).is_err(), "{limit}");
        }
        assert!(request(Some("1000"), None).is_ok());
    }

    #[test]
    fn a_cursor_is_good_for_its_own_list_only() {
        let cursor = page(&request(Some("1"), None).unwrap(), (1..=2).rev()).next_cursor.unwrap();
        assert!(request(None, Some(&cursor)).is_ok());
        assert!(PageRequest::<i64>::new("things/71", None, Some(&cursor)).is_err());
        assert!(PageRequest::<i64>::new("others", None, Some(&cursor)).is_err());
        for broken in ["", "!", "MS8", &cursor[1..], &format!("{cursor}AA")] {
            assert!(request(None, Some(broken)).is_err(), "{broken}");
        }
    }
}
