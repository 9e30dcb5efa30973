//! Which records a sentence names: `#3` is the record with index 3.

use crate::verdict::Verdict;
use std::collections::BTreeSet;

/// A piece of a sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    Words(&'a str),
    /// A record that there is.
    Record(usize),
}

/// What a verdict says of it, in sentences.
pub(super) fn sentences(verdict: &Verdict) -> &[String] {
    match verdict {
        Verdict::Broke { evidence } => evidence,
        Verdict::Held => &[],
        Verdict::CouldNotTell { why } => std::slice::from_ref(why),
    }
}

/// The records, of so many, that a verdict names.
pub(super) fn named(verdict: &Verdict, records: usize) -> BTreeSet<usize> {
    let pieces = sentences(verdict).iter().flat_map(|sentence| pieces(sentence, records));
    pieces.filter_map(|piece| if let Piece::Record(index) = piece { Some(index) } else { None }).collect()
}

/// A sentence, cut at the records, of so many, that it names.
pub(super) fn pieces(sentence: &str, records: usize) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut words = 0;
    for (at, _) in sentence.match_indices('#') {
        let digits = &sentence[at + 1..];
        let digits = &digits[..digits.bytes().take_while(u8::is_ascii_digit).count()];
        if let Ok(index) = digits.parse()
            && index < records
        {
            pieces.extend([Piece::Words(&sentence[words..at]), Piece::Record(index)]);
            words = at + 1 + digits.len();
        }
    }
    pieces.push(Piece::Words(&sentence[words..]));
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_records_that_there_are_are_named() {
        let sentence = "#3 and ##12, not #13, # or #99999999999999999999";
        let expected = [
            Piece::Words(""),
            Piece::Record(3),
            Piece::Words(" and #"),
            Piece::Record(12),
            Piece::Words(", not #13, # or #99999999999999999999"),
        ];
        assert_eq!(pieces(sentence, 13), expected);
        let broke = Verdict::Broke { evidence: vec!["#2 is not #1".to_owned(), "#1".to_owned()] };
        assert_eq!(named(&broke, 3), BTreeSet::from([1, 2]));
        assert_eq!(named(&Verdict::Held, 3), BTreeSet::new());
    }
}
