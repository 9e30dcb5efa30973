//! The history as a bookkeeper reads it: which operations moved money, which entries are known, and who saw what.

use super::Effect;
use crate::history::{Anomaly, Answer, Entry, Figure, Findings, History, Movement, Question, WalletId};
use std::collections::HashMap;

/// What the checks share.
pub(in crate::history) struct Books<'h> {
    /// The history itself.
    pub history: &'h History,
    /// The wallets at the start.
    pub starts: HashMap<WalletId, Start>,
    /// What moved money, or may have.
    pub effects: Vec<Effect>,
    /// The effect that a transaction is, by its number; nothing if no operation explains it.
    pub effect_of: Vec<Option<usize>>,
    /// When a transaction was first known to be there, by its number.
    pub known_since: Vec<u64>,
    /// The entries whose place is known, by wallet and version, each once.
    pub placed: Vec<Placed>,
    /// Up to where each read saw a wallet's entries.
    pub seen: Vec<Seen>,
    numbers: HashMap<&'h str, usize>,
    effect_of_key: HashMap<&'h str, usize>,
}

/// A wallet at the start.
pub(in crate::history) struct Start {
    pub balance: i128,
    pub version: Option<i64>,
    pub floor: Option<i128>,
}

/// An entry whose place in its wallet is known.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::history) struct Placed {
    pub wallet: WalletId,
    pub version: i64,
    /// The transaction's number.
    pub transaction: usize,
    pub amount: Option<i128>,
    pub after: Option<i128>,
    /// The operation that showed it.
    pub source: usize,
}

/// A read saw a wallet's entries up to this version.
#[derive(Clone, Debug)]
pub(in crate::history) struct Seen {
    pub wallet: WalletId,
    pub version: i64,
    pub operation: usize,
}

impl<'h> Books<'h> {
    /// Reads a history; figures that are no numbers are findings at once.
    pub(crate) fn read(history: &'h History, findings: &mut Findings) -> Books<'h> {
        let value = |figure: &Figure| figure.value(history.scale);
        let starts = history
            .openings
            .iter()
            .map(|opening| {
                let floor = opening.floor.as_ref().and_then(value);
                let balance = value(&opening.balance).unwrap_or(0);
                (opening.wallet, Start { balance, version: opening.version, floor })
            })
            .collect();
        let mut books = Books {
            history,
            starts,
            effects: Vec::new(),
            effect_of: Vec::new(),
            known_since: Vec::new(),
            placed: Vec::new(),
            seen: Vec::new(),
            numbers: HashMap::new(),
            effect_of_key: HashMap::new(),
        };
        books.read_done(findings);
        books.read_unclear();
        books.read_balances(findings);
        books.read_lists(findings);
        books.placed.sort_unstable();
        books.placed.dedup_by(|later, first| {
            (later.wallet, later.version, later.transaction, later.amount, later.after)
                == (first.wallet, first.version, first.transaction, first.amount, first.after)
        });
        books
    }

    /// The effect that an entry is a part of.
    pub(crate) fn effect(&self, placed: &Placed) -> Option<&Effect> {
        self.effect_of[placed.transaction].map(|effect| &self.effects[effect])
    }

    /// A value, to the nearest minor unit.
    pub(crate) fn whole(&self, value: i128) -> i128 {
        let unit = 10_i128.pow(u32::from(18_u8.saturating_sub(self.history.scale)));
        (value + unit / 2).div_euclid(unit) * unit
    }

    /// The number of a transaction that an answer named.
    pub(crate) fn number(&self, transaction: &str) -> Option<usize> {
        self.numbers.get(transaction).copied()
    }

    /// The effect that was asked for under a key.
    pub(crate) fn effect_of_key(&self, key: &str) -> Option<usize> {
        self.effect_of_key.get(key).copied()
    }

    fn value(&self, figure: &Figure, operation: usize, findings: &mut Findings) -> Option<i128> {
        let value = figure.value(self.history.scale);
        if value.is_none() {
            findings.add(Anomaly::NoNumber, &[operation], || {
                format!("#{operation} was answered {figure:?}, which is no number")
            });
        }
        value
    }

    fn numbered(&mut self, transaction: &'h str, known_since: u64) -> usize {
        let next = self.effect_of.len();
        let number = *self.numbers.entry(transaction).or_insert(next);
        if number == next {
            self.effect_of.push(None);
            self.known_since.push(known_since);
        }
        self.known_since[number] = self.known_since[number].min(known_since);
        number
    }

    fn read_done(&mut self, findings: &mut Findings) {
        for (index, operation) in self.history.operations.iter().enumerate() {
            let (Question::Move(movement), Answer::Done { transaction, entries }) =
                (&operation.asked, &operation.answered)
            else {
                continue;
            };
            let returned = operation.returned.unwrap_or(u64::MAX);
            let number = transaction.as_deref().map(|transaction| self.numbered(transaction, returned));
            if let Some(effect) = number.and_then(|number| self.effect_of[number]) {
                self.effects[effect].tell(operation);
            } else {
                let moves = self.moves(index, movement, entries, findings);
                if let Some(number) = number {
                    self.effect_of[number] = Some(self.effects.len());
                }
                if let Some(key) = &movement.key {
                    self.effect_of_key.entry(key).or_insert(self.effects.len());
                }
                self.effects.push(Effect {
                    operation: index,
                    invoked: operation.invoked,
                    returned: operation.returned,
                    moves,
                });
            }
            for entry in entries {
                let after = entry.balance_after.as_ref().and_then(|after| self.value(after, index, findings));
                if let (Some(version), Some(transaction)) = (entry.version, number) {
                    let amount = entry.amount.value(self.history.scale);
                    let wallet = entry.wallet;
                    self.placed.push(Placed { wallet, version, transaction, amount, after, source: index });
                }
            }
        }
    }

    /// What nobody was told the end of has an effect, or none, now or later; unless its key's other requests know.
    fn read_unclear(&mut self) {
        let mut refused = HashMap::new();
        for operation in &self.history.operations {
            if let (Question::Move(Movement { key: Some(key), .. }), Answer::Refused { stands: true, .. }) =
                (&operation.asked, &operation.answered)
            {
                refused.insert(key.as_str(), &operation.asked);
            }
        }
        for (index, operation) in self.history.operations.iter().enumerate() {
            let (Question::Move(movement), Answer::Unclear) = (&operation.asked, &operation.answered) else {
                continue;
            };
            let key = movement.key.as_deref();
            if key.is_some_and(|key| refused.get(key) == Some(&&operation.asked)) {
                continue;
            }
            let same = key.and_then(|key| self.effect_of_key(key)).filter(|effect| {
                self.history.operations[self.effects[*effect].operation].asked == operation.asked
            });
            if let Some(effect) = same {
                let effect = &mut self.effects[effect];
                effect.invoked = effect.invoked.min(operation.invoked);
                continue;
            }
            if let Some(key) = key {
                self.effect_of_key.entry(key).or_insert(self.effects.len());
            }
            let moves = self.moves(index, movement, &[], &mut Findings::default());
            self.effects.push(Effect { operation: index, invoked: operation.invoked, returned: None, moves });
        }
    }

    fn read_balances(&mut self, findings: &mut Findings) {
        for (operation, balances) in self.history.operations.iter().enumerate() {
            let Answer::Balances(balances) = &balances.answered else { continue };
            for balance in balances {
                self.value(&balance.balance, operation, findings);
                if let Some(version) = balance.version {
                    self.seen.push(Seen { wallet: balance.wallet, version, operation });
                }
            }
        }
    }

    /// Lists without versions are numbered by the longest of their wallet; what does not begin like that one tells of
    /// another order.
    fn read_lists(&mut self, findings: &mut Findings) {
        let mut longest: HashMap<WalletId, usize> = HashMap::new();
        for (index, operation) in self.history.operations.iter().enumerate() {
            if let (Question::List(wallet), Answer::Lines(lines)) = (&operation.asked, &operation.answered) {
                let best = longest.entry(*wallet).or_insert(index);
                if self.lines(*best).len() < lines.len() {
                    *best = index;
                }
            }
        }
        for (index, operation) in self.history.operations.iter().enumerate() {
            let (Question::List(wallet), Answer::Lines(lines)) = (&operation.asked, &operation.answered)
            else {
                continue;
            };
            let numbered = lines.iter().all(|line| line.version.is_some());
            let best = longest[wallet];
            let reference = self.lines(best);
            if !numbered
                && lines.iter().zip(reference).any(|(line, other)| line.transaction != other.transaction)
            {
                findings.add(Anomaly::VersionTwice, &[index, best], || {
                    format!("#{index} and #{best} show the entries of wallet {wallet} in different orders")
                });
            }
            for (place, line) in (1..).zip(lines) {
                let transaction = self.numbered(&line.transaction, operation.returned.unwrap_or(u64::MAX));
                if self.effect_of[transaction].is_none() {
                    self.effect_of[transaction] = line.key.as_deref().and_then(|key| self.effect_of_key(key));
                }
                if numbered || index == best {
                    let version = line.version.unwrap_or(place);
                    let amount = self.value(&line.amount, index, findings);
                    let after =
                        line.balance_after.as_ref().and_then(|after| self.value(after, index, findings));
                    self.placed.push(Placed {
                        wallet: *wallet,
                        version,
                        transaction,
                        amount,
                        after,
                        source: index,
                    });
                }
            }
            let last = lines.last().and_then(|line| line.version);
            let version = last.unwrap_or_else(|| i64::try_from(lines.len()).unwrap_or(i64::MAX));
            self.seen.push(Seen { wallet: *wallet, version, operation: index });
        }
    }

    fn lines(&self, operation: usize) -> &'h [crate::history::Line] {
        match &self.history.operations[operation].answered {
            Answer::Lines(lines) => lines,
            _ => &[],
        }
    }

    /// What an answer's entries say was moved, and for wallets that they do not show, what was asked.
    fn moves(
        &self,
        operation: usize,
        movement: &Movement,
        entries: &[Entry],
        findings: &mut Findings,
    ) -> [Option<(WalletId, i128)>; 2] {
        let mut moves = [None, None];
        for (place, entry) in moves.iter_mut().zip(entries) {
            *place = self.value(&entry.amount, operation, findings).map(|amount| (entry.wallet, amount));
        }
        let asked = movement.amount.value(self.history.scale).unwrap_or(0);
        for (wallet, amount) in [(movement.from, -asked), (movement.to, asked)] {
            let Some(wallet) = wallet else { continue };
            let shown = entries.iter().any(|entry| entry.wallet == wallet);
            if let (false, Some(place)) = (shown, moves.iter_mut().find(|place| place.is_none())) {
                *place = Some((wallet, amount));
            }
        }
        moves
    }
}

/// Entries by wallet; they must be sorted by it.
pub(in crate::history) fn by_wallet(placed: &[Placed]) -> impl Iterator<Item = (WalletId, &[Placed])> {
    placed.chunk_by(|left, right| left.wallet == right.wallet).map(|chunk| (chunk[0].wallet, chunk))
}
