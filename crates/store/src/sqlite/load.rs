//! Loads what a batch touches: keys first, and for commands whose key is new the wallets, assets and originals
//! that they name. What is not loaded does not exist for the decision, so nothing that may count is left out.

use super::rows::amount;
use super::{assets, transactions, wallets};
use crate::StoreError;
use florin_ledger::state::Reversed;
use florin_ledger::{
    Asset, AssetCode, Command, Group, LedgerId, Movement, State, SystemRole, TransactionId, UserId, WalletId,
};
use rusqlite::{CachedStatement, OptionalExtension, Transaction, params};
use std::collections::HashMap;
use std::sync::Arc;

/// What a batch is decided on, and where in the file each wallet's newest entry is.
pub(super) struct Loaded {
    pub(super) state: State,
    pub(super) last_entries: HashMap<WalletId, Option<i64>>,
}

/// Loads what the groups' commands touch.
pub(super) fn load(
    db_tx: &Transaction<'_>,
    ledger: LedgerId,
    groups: &[Arc<Group>],
) -> Result<Loaded, StoreError> {
    let mut load = Load::new(db_tx, ledger)?;
    let mut new = Vec::new();
    for command in groups.iter().flat_map(|group| &group.commands) {
        if !load.is_replay(command)? {
            new.push(command);
        }
    }
    // In the order in which they lie in the file, each page of them is fetched once.
    let mut named: Vec<WalletId> = new.iter().flat_map(|command| named_wallets(command)).flatten().collect();
    named.sort_unstable();
    for wallet in named {
        load.wallet(wallet)?;
    }
    for command in new {
        load.unnamed(command)?;
    }
    Ok(load.loaded)
}

/// The wallets that the command names by their ids.
fn named_wallets(command: &Command) -> [Option<WalletId>; 2] {
    match command.movement {
        Movement::Transfer { from, to, .. } | Movement::Payout { from, to, .. } => [Some(from), Some(to)],
        Movement::Deposit { wallet, .. } | Movement::Withdrawal { wallet, .. } => [Some(wallet), None],
        Movement::TopUp { .. }
        | Movement::Spend { .. }
        | Movement::Bonus { .. }
        | Movement::Reversal { .. }
        | Movement::ReversalOfAvailable { .. } => [None, None],
    }
}

struct Load<'db> {
    db_tx: &'db Transaction<'db>,
    ledger: LedgerId,
    seq_by_key: CachedStatement<'db>,
    wallet_by_id: CachedStatement<'db>,
    loaded: Loaded,
}

impl<'db> Load<'db> {
    fn new(db_tx: &'db Transaction<'db>, ledger: LedgerId) -> Result<Self, StoreError> {
        let seq_by_key =
            db_tx.prepare_cached("SELECT seq FROM transactions WHERE ledger_id = ?1 AND key_hash = ?2")?;
        let wallet_by_id = db_tx.prepare_cached(
            "SELECT wallet_id, user_id, system_role, asset, status, posted, credit_limit, version,
                    last_entry_at, last_entry
             FROM wallets WHERE ledger_id = ?1 AND wallet_id = ?2",
        )?;
        let loaded = Loaded { state: State::default(), last_entries: HashMap::new() };
        Ok(Self { db_tx, ledger, seq_by_key, wallet_by_id, loaded })
    }

    /// Whether the key is used. A replay needs the stored transaction and nothing else.
    fn is_replay(&mut self, command: &Command) -> Result<bool, StoreError> {
        let key = params![self.ledger.0, command.key_hash.0];
        let Some(seq) = self.seq_by_key.query_row(key, |row| row.get(0)).optional()? else {
            return Ok(false);
        };
        let settled = transactions::at(self.db_tx, self.ledger, seq)?;
        self.loaded.state.settled.insert(command.key_hash, Arc::new(settled));
        Ok(true)
    }

    /// What the command touches without naming it.
    fn unnamed(&mut self, command: &Command) -> Result<(), StoreError> {
        match command.movement {
            Movement::Transfer { .. } | Movement::Payout { .. } => Ok(()),
            Movement::Deposit { wallet, .. } | Movement::Withdrawal { wallet, .. } => {
                match self.wallet(wallet)? {
                    Some(asset) => self.system_wallet(asset, SystemRole::World),
                    None => Ok(()),
                }
            }
            Movement::TopUp { user, asset, .. } => self.house_and_main(user, asset, SystemRole::Treasury),
            Movement::Spend { user, asset, .. } => self.house_and_main(user, asset, SystemRole::Revenue),
            Movement::Bonus { user, asset, .. } => self.house_and_main(user, asset, SystemRole::Bonus),
            Movement::Reversal { of, .. } | Movement::ReversalOfAvailable { of } => self.original(of),
        }
    }

    /// The wallet, and what it counts.
    fn wallet(&mut self, id: WalletId) -> Result<Option<AssetCode>, StoreError> {
        if let Some(wallet) = self.loaded.state.wallets.get(&id) {
            return Ok(Some(wallet.asset));
        }
        let mut rows = self.wallet_by_id.query(params![self.ledger.0, id.0])?;
        let Some(row) = rows.next()? else { return Ok(None) };
        let wallet = wallets::wallet(row)?;
        self.loaded.last_entries.insert(id, row.get(9)?);
        self.loaded.state.insert_wallet(wallet, false);
        drop(rows);
        self.asset(wallet.asset)?;
        Ok(Some(wallet.asset))
    }

    fn asset(&mut self, code: AssetCode) -> Result<(), StoreError> {
        if !self.loaded.state.assets.contains_key(&code)
            && let Some(scale) = assets::scale_of(self.db_tx, self.ledger, code)?
        {
            self.loaded.state.assets.insert(code, Asset { code, scale });
        }
        Ok(())
    }

    fn system_wallet(&mut self, asset: AssetCode, role: SystemRole) -> Result<(), StoreError> {
        if !self.loaded.state.system_wallets.contains_key(&(asset, role))
            && let Some(id) = assets::system_wallet(self.db_tx, self.ledger, asset, role)?
        {
            self.wallet(id)?;
        }
        Ok(())
    }

    fn house_and_main(&mut self, user: UserId, asset: AssetCode, role: SystemRole) -> Result<(), StoreError> {
        self.system_wallet(asset, role)?;
        if !self.loaded.state.main_wallets.contains_key(&(user, asset))
            && let Some(id) = wallets::main_wallet(self.db_tx, self.ledger, user, asset)?
        {
            self.loaded.state.main_wallets.insert((user, asset), id);
            self.wallet(id)?;
        }
        Ok(())
    }

    fn original(&mut self, id: TransactionId) -> Result<(), StoreError> {
        if self.loaded.state.originals.contains_key(&id) {
            return Ok(());
        }
        let Some(original) = transactions::find(self.db_tx, self.ledger, id)? else { return Ok(()) };
        self.wallet(original.from)?;
        self.wallet(original.to)?;
        let mut statement = self.db_tx.prepare_cached(
            "SELECT sequence, reversed_total FROM reversals
             WHERE ledger_id = ?1 AND original_id = ?2 ORDER BY sequence DESC LIMIT 1",
        )?;
        let mut rows = statement.query(params![self.ledger.0, id.0.to_be_bytes()])?;
        if let Some(row) = rows.next()? {
            let reversed = Reversed { total: amount(row, 1)?, count: row.get(0)? };
            self.loaded.state.reversed.insert(id, reversed);
        }
        self.loaded.state.originals.insert(id, Arc::new(original));
        Ok(())
    }
}
