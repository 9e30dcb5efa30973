//! Transactions: one, and many with filters.

use super::scene::Scene;
use crate::asks::{Asks, by, by_the_house, code};
use florin_ledger::{
    Outcome, Status, Timestamp, Transaction, TransactionId, TransactionType, UserId, WalletId,
};
use florin_store::{Store, TransactionFilter};
use std::collections::HashMap;

/// Three users with six wallets in two assets, and 240 transactions between them, 40 of which failed.
struct Market {
    users: [UserId; 3],
    wallets: Vec<WalletId>,
    owners: HashMap<WalletId, UserId>,
    all: Vec<Transaction>,
}

async fn market(scene: &mut Scene) -> Market {
    scene.asset("USD", 2).await;
    scene.asset("GOLD", 0).await;
    let users = [scene.user("alice").await, scene.user("bob").await, scene.user("carol").await];
    let mut wallets = Vec::new();
    let mut owners = HashMap::new();
    for user in users {
        for (asset, name) in [("USD", "main"), ("USD", "savings"), ("GOLD", "main")] {
            let wallet = scene.named_wallet(user, asset, name).await;
            wallets.push(wallet);
            owners.insert(wallet, user);
        }
    }
    for step in 0..40_usize {
        let user = users[step % 3];
        let own = step % 3 * 3;
        let next = (step + 1) % 3 * 3;
        let top_up = by_the_house().tops_up(user, "USD", "20.00");
        let asks = [
            top_up,
            by(user).transfers("3.00", wallets[own], wallets[own + 1]),
            by(user).transfers("2.00", wallets[own], wallets[next]),
            by_the_house().gives_a_bonus(user, "GOLD", "1"),
            by(user).spends(user, "USD", "0.50"),
            by(user).transfers("9000.00", wallets[own], wallets[next + 1]),
        ];
        scene.runs_all(&asks).await;
    }
    let all =
        scene.twins.transactions(scene.ledger, TransactionFilter::default(), None, usize::MAX).await.unwrap();
    assert_eq!(all.len(), 240);
    assert!(all.is_sorted_by(|newer, older| newer.id > older.id));
    Market { users, wallets, owners, all }
}

impl Market {
    /// What must be found, by looking at everything.
    fn matching(&self, filter: TransactionFilter) -> Vec<Transaction> {
        let is_meant = |wallet: WalletId| {
            filter.wallet.is_none_or(|only| only == wallet)
                && filter.user.is_none_or(|user| self.owners.get(&wallet) == Some(&user))
        };
        let found = self.all.iter().filter(|transaction| {
            let completed = transaction.settlement.status() == Status::Completed;
            (is_meant(transaction.from) || completed && is_meant(transaction.to))
                && filter.kind.is_none_or(|kind| kind == transaction.kind)
                && filter.status.is_none_or(|status| status == transaction.settlement.status())
                && filter.asset.is_none_or(|asset| asset == transaction.asset)
                && filter.from.is_none_or(|from| transaction.created_at >= from)
                && filter.until.is_none_or(|until| transaction.created_at < until)
        });
        found.cloned().collect()
    }
}

pub(super) async fn by_wallet_and_user(scene: &mut Scene) {
    let market = market(scene).await;
    let all = TransactionFilter::default();
    let mut filters = vec![all];
    let nobody = UserId(99);
    let users: Vec<_> = market.users.into_iter().chain([nobody]).map(Some).chain([None]).collect();
    let nowhere = [WalletId(1), WalletId(99)];
    let wallets: Vec<_> = market.wallets.iter().copied().chain(nowhere).map(Some).chain([None]).collect();
    for user in users {
        for wallet in &wallets {
            filters.push(TransactionFilter { user, wallet: *wallet, ..all });
        }
    }
    for filter in filters {
        let read = scene.twins.transactions(scene.ledger, filter, None, usize::MAX).await.unwrap();
        assert_eq!(read, market.matching(filter), "{filter:?}");
    }
}

pub(super) async fn by_type_status_asset_and_time(scene: &mut Scene) {
    let market = market(scene).await;
    let times = [None, Some(market.all[200].created_at), Some(market.all[60].created_at.next())];
    for kind in [None, Some(TransactionType::Transfer), Some(TransactionType::Bonus)] {
        for status in [None, Some(Status::Failed), Some(Status::Completed)] {
            for asset in [None, Some(code("USD")), Some(code("SILVER"))] {
                for (from, until) in times.into_iter().zip([times[2], None, times[1]]) {
                    for user in [None, Some(market.users[1])] {
                        let filter =
                            TransactionFilter { user, wallet: None, kind, status, asset, from, until };
                        let read = scene.twins.transactions(scene.ledger, filter, None, 1000).await.unwrap();
                        assert_eq!(read, market.matching(filter), "{filter:?}");
                    }
                }
            }
        }
    }
    for far in [i64::MIN, 0, 253_402_300_800_000_000, i64::MAX].map(Timestamp) {
        for (from, until) in [(Some(far), None), (None, Some(far))] {
            for user in [None, Some(market.users[0])] {
                let filter = TransactionFilter { user, from, until, ..TransactionFilter::default() };
                let read = scene.twins.transactions(scene.ledger, filter, None, 1000).await.unwrap();
                assert_eq!(read, market.matching(filter), "{filter:?}");
            }
        }
    }
}

pub(super) async fn failures_are_the_payer_s_alone(scene: &mut Scene) {
    let market = market(scene).await;
    let [alice, bob, _] = market.users;
    let savings = market.wallets[4];
    let Outcome::Settled(failed) =
        scene.runs(by(alice).transfers("9000.00", market.wallets[0], savings)).await
    else {
        panic!()
    };
    let of = |user| TransactionFilter { user: Some(user), ..TransactionFilter::default() };
    let newest = scene.twins.transactions(scene.ledger, of(alice), None, 1).await.unwrap();
    assert_eq!(newest, [(*failed).clone()]);
    let of_bob = scene.twins.transactions(scene.ledger, of(bob), None, 1000).await.unwrap();
    assert!(!of_bob.contains(&failed), "bob does not hear of it");
    let on_savings = TransactionFilter { wallet: Some(savings), ..TransactionFilter::default() };
    let on_savings = scene.twins.transactions(scene.ledger, on_savings, None, 1000).await.unwrap();
    assert!(!on_savings.contains(&failed));
}

pub(super) async fn page_by_page(scene: &mut Scene) {
    let market = market(scene).await;
    let all = TransactionFilter::default();
    for filter in [
        all,
        TransactionFilter { user: Some(market.users[2]), ..all },
        TransactionFilter { wallet: Some(market.wallets[3]), ..all },
        TransactionFilter { user: Some(market.users[2]), status: Some(Status::Failed), ..all },
        TransactionFilter { user: Some(market.users[0]), kind: Some(TransactionType::Spend), ..all },
        TransactionFilter { wallet: Some(WalletId(3)), ..all },
    ] {
        let expected = if filter.wallet == Some(WalletId(3)) {
            // The revenue wallet, which is nobody's.
            let spends = market.all.iter().filter(|found| found.kind == TransactionType::Spend);
            spends.cloned().collect()
        } else {
            market.matching(filter)
        };
        for limit in [1, 2, 13, 64, 1000] {
            let mut read: Vec<Transaction> = Vec::new();
            loop {
                let before = read.last().map(|last| last.id);
                let page = scene.twins.transactions(scene.ledger, filter, before, limit).await.unwrap();
                let is_last = page.len() < limit;
                read.extend(page);
                if is_last {
                    break;
                }
            }
            assert_eq!(read, expected, "{filter:?}, {limit} a page");
        }
        for before in [TransactionId(0), TransactionId(u128::MAX)] {
            let page = scene.twins.transactions(scene.ledger, filter, Some(before), 5).await.unwrap();
            assert_eq!(page, if before.0 == 0 { &[] } else { &expected[..5] });
        }
        assert_eq!(scene.twins.transactions(scene.ledger, filter, None, 0).await.unwrap(), []);
    }
}

pub(super) async fn one_by_one(scene: &mut Scene) {
    let market = market(scene).await;
    for transaction in &market.all[..20] {
        let read = scene.twins.transaction(scene.ledger, transaction.id).await.unwrap();
        assert_eq!(read.as_ref(), Some(transaction));
    }
    for id in [TransactionId(0), TransactionId(u128::MAX), TransactionId(market.all[0].id.0 ^ 1)] {
        assert_eq!(scene.twins.transaction(scene.ledger, id).await.unwrap(), None);
    }
}
