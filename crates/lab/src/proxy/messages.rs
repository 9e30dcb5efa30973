//! PostgreSQL's messages (version 3 of its protocol) in a stream of bytes, and which of them commit.
//!
//! <https://www.postgresql.org/docs/current/protocol-message-formats.html>

use bytes::{Buf, Bytes, BytesMut};
use std::collections::HashSet;
use std::io;

/// Longer than any message that PostgreSQL takes: what says that it is longer is none.
const LENGTH_MAX: usize = 1 << 30;

/// One message, whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Message {
    pub(super) bytes: Bytes,
    /// How much stands before its body: its kind and its length, or its length alone.
    head: usize,
}

impl Message {
    /// Which one it is; none for the one that begins a connection.
    pub(super) fn kind(&self) -> Option<u8> {
        (self.head == 5).then(|| self.bytes[0])
    }

    fn body(&self) -> &[u8] {
        &self.bytes[self.head..]
    }

    /// A client's, in words.
    pub(super) fn in_words(&self) -> String {
        let mut body = self.body();
        let name = match self.kind() {
            Some(b'Q') => return format!("Query {:?}", beginning(text(&mut body))),
            Some(b'P') => {
                text(&mut body);
                return format!("Parse {:?}", beginning(text(&mut body)));
            }
            Some(b'B') => "Bind",
            Some(b'C') => "Close",
            Some(b'D') => "Describe",
            Some(b'E') => "Execute",
            Some(b'H') => "Flush",
            Some(b'S') => "Sync",
            Some(b'X') => "Terminate",
            Some(b'c') => "CopyDone",
            Some(b'd') => "CopyData",
            Some(b'p') => "Password",
            Some(other) => return format!("{:?}", char::from(other)),
            None => "Startup",
        };
        name.to_owned()
    }

    /// Whether a server's message answers a commit: it was done, undone, or refused.
    pub(super) fn answers_commit(&self) -> bool {
        match self.kind() {
            Some(b'C') => matches!(text(&mut self.body()), b"COMMIT" | b"ROLLBACK"),
            Some(b'E') => true,
            _ => false,
        }
    }
}

/// Finds messages in what comes from one side.
#[derive(Debug)]
pub(super) struct Messages {
    came: BytesMut,
    /// A client's first message has no kind.
    is_first: bool,
}

impl Messages {
    pub(super) fn of_client() -> Self {
        Self { came: BytesMut::new(), is_first: true }
    }

    pub(super) fn of_server() -> Self {
        Self { came: BytesMut::new(), is_first: false }
    }

    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.came.extend_from_slice(bytes);
    }

    /// The next one that is there whole.
    pub(super) fn next(&mut self) -> io::Result<Option<Message>> {
        let kind_bytes = usize::from(!self.is_first);
        let head = kind_bytes + 4;
        let Some(mut length) = self.came.get(kind_bytes..head) else { return Ok(None) };
        let length = usize::try_from(length.get_u32()).unwrap_or(usize::MAX);
        if !(4..=LENGTH_MAX).contains(&length) {
            return Err(io::Error::other("this is not PostgreSQL's protocol"));
        }
        let whole = kind_bytes + length;
        if self.came.len() < whole {
            return Ok(None);
        }
        self.is_first = false;
        Ok(Some(Message { bytes: self.came.split_to(whole).freeze(), head }))
    }
}

/// Which of a client's messages commit: a `COMMIT` as a query of its own or at the end of others, or the execution of
/// one that was prepared.
#[derive(Debug, Default)]
pub(super) struct Commits {
    statements: HashSet<Vec<u8>>,
    portals: HashSet<Vec<u8>>,
}

impl Commits {
    /// Must see all messages of a connection, in their order.
    pub(super) fn is_commit(&mut self, message: &Message) -> bool {
        let mut body = message.body();
        match message.kind() {
            Some(b'Q') => ends_in_commit(text(&mut body)),
            Some(b'P') => {
                let name = text(&mut body);
                note(&mut self.statements, name, ends_in_commit(text(&mut body)));
                false
            }
            Some(b'B') => {
                let name = text(&mut body);
                note(&mut self.portals, name, self.statements.contains(text(&mut body)));
                false
            }
            Some(b'E') => self.portals.contains(text(&mut body)),
            _ => false,
        }
    }
}

/// Names are used again.
fn note(names: &mut HashSet<Vec<u8>>, name: &[u8], commits: bool) {
    if commits {
        names.insert(name.to_vec());
    } else {
        names.remove(name);
    }
}

fn ends_in_commit(sql: &[u8]) -> bool {
    let mut statements = sql.rsplit(|byte| *byte == b';').map(<[u8]>::trim_ascii);
    let last = statements.find(|statement| !statement.is_empty()).unwrap_or_default();
    ["COMMIT", "COMMIT WORK", "COMMIT TRANSACTION", "END"]
        .iter()
        .any(|commit| last.eq_ignore_ascii_case(commit.as_bytes()))
}

/// The text up to the next NUL, which is taken off.
fn text<'a>(body: &mut &'a [u8]) -> &'a [u8] {
    let end = body.iter().position(|byte| *byte == 0).unwrap_or(body.len());
    let (text, rest) = body.split_at(end);
    *body = rest.get(1..).unwrap_or_default();
    text
}

fn beginning(text: &[u8]) -> String {
    let words = String::from_utf8_lossy(text);
    let words: Vec<&str> = words.split_whitespace().collect();
    words.join(" ").chars().take(60).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(kind: u8, body: &[u8]) -> Vec<u8> {
        let length = u32::try_from(body.len() + 4).unwrap();
        [&[kind], length.to_be_bytes().as_slice(), body].concat()
    }

    fn one(kind: u8, body: &[u8]) -> Message {
        Message { bytes: message(kind, body).into(), head: 5 }
    }

    #[test]
    fn messages_are_found_however_the_stream_is_cut() {
        let startup = b"\0\0\0\x0c\0\x03\0\0abc\0".to_vec();
        let sent = [startup.clone(), message(b'Q', b"SELECT 1\0"), message(b'S', b"")];
        let stream = sent.concat();
        for step in 1..=stream.len() {
            let mut messages = Messages::of_client();
            let mut found = Vec::new();
            for bytes in stream.chunks(step) {
                messages.push(bytes);
                while let Some(message) = messages.next().unwrap() {
                    found.push(message);
                }
            }
            let bytes: Vec<_> = found.iter().map(|message| message.bytes.to_vec()).collect();
            assert_eq!(bytes, sent);
            assert_eq!(found.iter().map(Message::kind).collect::<Vec<_>>(), [None, Some(b'Q'), Some(b'S')]);
            assert_eq!(found[1].in_words(), "Query \"SELECT 1\"");
        }
    }

    #[test]
    fn what_cannot_be_a_message_is_none() {
        for length in [0_u32, 3, u32::MAX] {
            let mut messages = Messages::of_server();
            messages.push(&[b"Z", length.to_be_bytes().as_slice()].concat());
            assert!(messages.next().is_err(), "{length}");
        }
    }

    #[test]
    fn commits_are_recognised() {
        for (sql, commits) in [
            ("COMMIT", true),
            (" commit work ; ", true),
            ("INSERT INTO a VALUES (1); COMMIT;", true),
            ("END", true),
            ("COMMITTED", false),
            ("COMMIT; BEGIN", false),
            ("COMMIT AND CHAIN", false),
            ("ROLLBACK", false),
            ("SELECT 'COMMIT'", false),
            ("", false),
        ] {
            let is_commit = Commits::default().is_commit(&one(b'Q', format!("{sql}\0").as_bytes()));
            assert_eq!(is_commit, commits, "{sql}");
        }
    }

    #[test]
    fn a_prepared_commit_is_recognised_where_it_is_executed() {
        let mut commits = Commits::default();
        let mut said = |kind, body: &[u8]| commits.is_commit(&one(kind, body));
        assert!(!said(b'P', b"s1\0COMMIT\0\0\0"));
        assert!(!said(b'P', b"s2\0SELECT 1\0\0\0"));
        assert!(!said(b'B', b"\0s2\0\0\0"));
        assert!(!said(b'E', b"\0\0\0\0\0"));
        assert!(!said(b'B', b"\0s1\0\0\0"));
        assert!(said(b'E', b"\0\0\0\0\0"));
        assert!(!said(b'P', b"s1\0SELECT 2\0\0\0"));
        assert!(!said(b'B', b"\0s1\0\0\0"));
        assert!(!said(b'E', b"\0\0\0\0\0"));
    }

    #[test]
    fn a_commit_is_answered_by_its_tag_or_an_error() {
        assert!(one(b'C', b"COMMIT\0").answers_commit());
        assert!(one(b'C', b"ROLLBACK\0").answers_commit());
        assert!(one(b'E', b"SERROR\0\0").answers_commit());
        assert!(!one(b'C', b"INSERT 0 1\0").answers_commit());
        assert!(!one(b'Z', b"I").answers_commit());
    }
}
