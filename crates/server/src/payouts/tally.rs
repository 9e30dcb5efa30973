//! What all rows of an upload come to, counted one by one in their order: how many, how much, and their digest.

use florin_ledger::{Amount, WalletId};
use florin_store::payouts::{Checked, Content, DraftCounts, Upload, UploadedRow};
use sha2::{Digest, Sha256};

/// A count that is under way.
pub(super) struct Tally {
    rows: i64,
    bad_rows: i64,
    total: Amount,
    digest: Sha256,
}

/// The amounts add up to more than 38 digits.
#[derive(Debug)]
pub(super) struct TotalTooLarge;

impl Tally {
    /// No rows yet, of a payout from this wallet.
    pub(super) fn of(source: WalletId) -> Self {
        let digest = Sha256::new_with_prefix(source.0.to_be_bytes());
        Self { rows: 0, bad_rows: 0, total: Amount::ZERO, digest }
    }

    /// Counts the next row.
    pub(super) fn add(&mut self, row: &UploadedRow) -> Result<(), TotalTooLarge> {
        self.rows += 1;
        match &row.checked {
            Checked::Bad { .. } => self.bad_rows += 1,
            Checked::Good { wallet, amount } => {
                self.total = self.total.checked_add(*amount).ok_or(TotalTooLarge)?;
                self.digest.update(wallet.0.to_be_bytes());
                self.digest.update(amount.units().to_be_bytes());
                self.add_text(row.reference.as_deref());
                self.add_text(row.memo.as_deref());
            }
        }
        Ok(())
    }

    /// With its length before it, so that no two contents are one text.
    fn add_text(&mut self, text: Option<&str>) {
        let text = text.unwrap_or_default();
        self.digest.update(text.len().to_be_bytes());
        self.digest.update(text);
    }

    pub(super) const fn counts(&self) -> DraftCounts {
        DraftCounts { rows: self.rows, bad_rows: self.bad_rows }
    }

    /// What the rows are, all of them counted.
    pub(super) fn upload(self, revision: i64) -> Upload {
        if self.bad_rows > 0 {
            return Upload::Bad(self.counts());
        }
        let Self { rows, total, digest, .. } = self;
        Upload::Good(Content { revision, rows, total, digest: digest.finalize().into() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use florin_ledger::RowNumber;

    fn row(wallet: i64, units: i128, reference: &str, memo: &str) -> UploadedRow {
        let text = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        UploadedRow {
            number: RowNumber(1),
            line: 2,
            recipient: wallet.to_string(),
            reference: text(reference),
            memo: text(memo),
            checked: Checked::Good { wallet: WalletId(wallet), amount: Amount::from_units(units).unwrap() },
        }
    }

    fn digest(source: i64, rows: &[UploadedRow]) -> [u8; 32] {
        let mut tally = Tally::of(WalletId(source));
        for row in rows {
            tally.add(row).unwrap();
        }
        match tally.upload(1) {
            Upload::Good(content) => content.digest,
            Upload::Bad(counts) => panic!("{counts:?}"),
        }
    }

    #[test]
    fn whatever_differs_gives_another_digest() {
        let contents: &[(i64, &[UploadedRow])] = &[
            (1, &[]),
            (2, &[]),
            (1, &[row(2, 100, "", "")]),
            (1, &[row(3, 100, "", "")]),
            (1, &[row(2, 101, "", "")]),
            (1, &[row(2, 100, "a", "")]),
            (1, &[row(2, 100, "", "a")]),
            (1, &[row(2, 100, "ab", "c")]),
            (1, &[row(2, 100, "a", "bc")]),
            (1, &[row(2, 100, "", ""), row(3, 100, "", "")]),
            (1, &[row(3, 100, "", ""), row(2, 100, "", "")]),
        ];
        let digests: Vec<_> = contents.iter().map(|(source, rows)| digest(*source, rows)).collect();
        for (index, one) in digests.iter().enumerate() {
            assert!(!digests[..index].contains(one), "{:?}", contents[index]);
        }
    }

    #[test]
    fn how_a_recipient_is_written_and_where_the_row_stood_makes_no_difference() {
        let other = UploadedRow { line: 9, recipient: "user:bob".into(), ..row(2, 100, "a", "b") };
        assert_eq!(digest(1, &[row(2, 100, "a", "b")]), digest(1, &[other]));
    }

    #[test]
    fn a_total_beyond_38_digits_is_none() {
        let mut tally = Tally::of(WalletId(1));
        assert!(tally.add(&row(2, Amount::MAX.units(), "", "")).is_ok());
        assert!(tally.add(&row(2, 1, "", "")).is_err());
    }
}
