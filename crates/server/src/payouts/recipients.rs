//! Whom rows pay: the wallets that their recipients stand for, looked up together.

use super::file::{FileRow, Recipient, RowFault};
use super::upload::UploadTerms;
use florin_ledger::{Owner, WalletId};
use florin_store::{Engine, StoreError, Username, WalletRecord};
use std::collections::{BTreeSet, HashMap};

/// The wallets of some rows' recipients, as far as they exist.
pub(super) struct Recipients<'terms> {
    terms: &'terms UploadTerms,
    wallets: HashMap<WalletId, WalletRecord>,
    main_wallets: HashMap<Username, WalletRecord>,
}

impl<'terms> Recipients<'terms> {
    /// Looks up those of these rows.
    pub(super) async fn of(
        rows: &[FileRow],
        terms: &'terms UploadTerms,
        store: &dyn Engine,
    ) -> Result<Self, StoreError> {
        let (mut ids, mut names) = (BTreeSet::new(), BTreeSet::new());
        for row in rows {
            match row {
                FileRow::Good(row) => match &row.recipient {
                    Recipient::Wallet(id) => drop(ids.insert(*id)),
                    Recipient::User(name) => drop(names.insert(name.clone())),
                },
                FileRow::Bad(_) => {}
            }
        }
        let mut recipients = Self { terms, wallets: HashMap::new(), main_wallets: HashMap::new() };
        if !ids.is_empty() {
            let found = store.balances(terms.ledger, ids.into_iter().collect()).await?;
            recipients.wallets = found.into_iter().map(|record| (record.wallet.id, record)).collect();
        }
        if !names.is_empty() {
            let asset = terms.source.wallet.asset;
            let found = store.main_wallets(terms.ledger, asset, names.into_iter().collect()).await?;
            recipients.main_wallets = found.into_iter().collect();
        }
        Ok(recipients)
    }

    /// The wallet that a recipient stands for, if the payout may pay it. The house's own are nobody else's business.
    pub(super) fn wallet(&self, recipient: &Recipient) -> Result<WalletId, RowFault> {
        let found = match recipient {
            Recipient::Wallet(id) => self.wallets.get(id),
            Recipient::User(name) => self.main_wallets.get(name),
        };
        let is_visible = |wallet: &&WalletRecord| match wallet.wallet.owner {
            Owner::User(_) => true,
            Owner::System(_) => self.terms.is_house,
        };
        let wallet = &found.filter(is_visible).ok_or(RowFault::RecipientUnknown)?.wallet;
        let source = &self.terms.source.wallet;
        if wallet.asset != source.asset {
            return Err(RowFault::RecipientOfAnotherAsset);
        }
        if wallet.id == source.id {
            return Err(RowFault::RecipientIsSource);
        }
        Ok(wallet.id)
    }
}
