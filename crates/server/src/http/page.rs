//! Lists, page by page: limits, cursors, and times to filter by.
//!
//! A cursor is opaque to clients. It names the list that it came from and the last item given, so that items
//! added meanwhile do not shift it.

use super::ApiError;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use florin_api::{Page, ProblemCode};
use florin_ledger::Timestamp;
use serde::Deserialize;
use std::fmt::Display;
use std::str::FromStr;
use utoipa::IntoParams;

const LIMIT_DEFAULT: i64 = 50;
const LIMIT_MAX: i64 = 1000;
/// Of the cursors' form; one of another form is not read.
const VERSION: &str = "1";

/// Which part of a list that cannot be filtered.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct PageQuery {
    /// How many at most; 50 if it is not there.
    #[param(minimum = 1, maximum = 1000)]
    pub(super) limit: Option<i64>,
    /// The `next_cursor` of the page before.
    pub(super) cursor: Option<String>,
}

/// Which part of a list is asked for.
pub(super) struct Window<'list> {
    list: &'list str,
    limit: usize,
}

impl<'list> Window<'list> {
    /// A part of `list`, a name that only this list has.
    pub(super) fn of(list: &'list str, limit: Option<i64>) -> Result<Self, ApiError> {
        let limit = limit.unwrap_or(LIMIT_DEFAULT);
        match usize::try_from(limit) {
            Ok(items) if (1..=LIMIT_MAX).contains(&limit) => Ok(Self { list, limit: items }),
            _ => Err(ApiError::invalid_field(
                ProblemCode::LimitInvalid,
                "limit",
                format!("The limit must be between 1 and {LIMIT_MAX}."),
            )),
        }
    }

    /// How many items to read: one more than asked for tells whether there are more.
    pub(super) fn read_max(&self) -> usize {
        self.limit + 1
    }

    /// The last item that was given before, if any was.
    pub(super) fn position<T: FromStr>(&self, cursor: Option<&str>) -> Result<Option<T>, ApiError> {
        cursor.map(|cursor| self.decode(cursor).ok_or_else(cursor_invalid)).transpose()
    }

    fn decode<T: FromStr>(&self, cursor: &str) -> Option<T> {
        let text = String::from_utf8(URL_SAFE_NO_PAD.decode(cursor).ok()?).ok()?;
        let (list, position) = text.strip_prefix(VERSION)?.strip_prefix('/')?.rsplit_once('/')?;
        if list == self.list { position.parse().ok() } else { None }
    }

    /// The page of what was read, and the cursor for what follows.
    pub(super) fn page<I, T, P: Display>(
        &self,
        mut read: Vec<I>,
        position: impl Fn(&I) -> P,
        print: impl Fn(&I) -> Option<T>,
    ) -> Page<T> {
        let has_more = read.len() > self.limit;
        read.truncate(self.limit);
        let last = read.last().filter(|_| has_more);
        let next_cursor =
            last.map(|item| URL_SAFE_NO_PAD.encode(format!("{VERSION}/{}/{}", self.list, position(item))));
        Page { data: read.iter().filter_map(print).collect(), next_cursor }
    }
}

fn cursor_invalid() -> ApiError {
    ApiError::invalid_field(
        ProblemCode::CursorInvalid,
        "cursor",
        "The cursor did not come from this list. Pass the next_cursor of the page before, unchanged.",
    )
}

/// Reads a time to filter by: RFC 3339, with an offset.
pub(super) fn time(field: &'static str, text: Option<&str>) -> Result<Option<Timestamp>, ApiError> {
    let parse = |text: &str| {
        text.parse::<jiff::Timestamp>().map(|time| Timestamp(time.as_microsecond())).map_err(|_| {
            ApiError::invalid_field(
                ProblemCode::QueryInvalid,
                field,
                "A time is written as RFC 3339 has it, such as 2026-01-02T03:04:05Z; in a query, + is %2B.",
            )
        })
    };
    text.map(parse).transpose()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window(list: &str) -> Window<'_> {
        Window::of(list, Some(2)).unwrap()
    }

    #[test]
    fn a_cursor_leads_on_in_its_own_list_alone() {
        let page = window("wallets").page(vec![9, 8, 7], |id| *id, |id| Some(*id));
        assert_eq!(page.data, [9, 8]);
        let cursor = page.next_cursor.unwrap();
        assert_eq!(window("wallets").position::<i64>(Some(&cursor)).unwrap(), Some(8));
        assert!(window("wallets/8").position::<i64>(Some(&cursor)).is_err());
        assert!(window("transactions").position::<i64>(Some(&cursor)).is_err());
    }

    #[test]
    fn the_last_page_has_no_cursor() {
        for read in [vec![], vec![9], vec![9, 8]] {
            assert_eq!(window("wallets").page(read, |id| *id, |id| Some(*id)).next_cursor, None);
        }
    }

    #[test]
    fn what_is_no_cursor_is_refused() {
        let encoded = |text: &str| URL_SAFE_NO_PAD.encode(text);
        let broken =
            ["", "!", "MQ==", &encoded("1/wallets/x"), &encoded("2/wallets/8"), &encoded("1/wallets/")];
        for cursor in broken {
            assert!(window("wallets").position::<i64>(Some(cursor)).is_err(), "{cursor}");
        }
    }

    #[test]
    fn limits_are_from_1_to_1000() {
        for limit in [i64::MIN, -1, 0, 1001, 1_000_000, i64::MAX] {
            assert!(Window::of("wallets", Some(limit)).is_err(), "{limit}");
        }
        assert_eq!(Window::of("wallets", None).unwrap().limit, 50);
        assert_eq!(Window::of("wallets", Some(1000)).unwrap().limit, 1000);
    }
}
