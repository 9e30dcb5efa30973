//! What attacks ask of a target, and what it answers, in words that both targets have.

use crate::money::Money;
use crate::witness::Shown;
use serde::{Serialize, Serializer};
use std::fmt;
use std::time::Duration;

/// Somebody with a sign-in, and wallets.
#[derive(Clone, Debug)]
pub(crate) struct Person {
    pub(crate) id: i64,
    pub(crate) name: String,
    pub(crate) token: String,
    pub(crate) pin: String,
}

/// Somebody's wallet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Wallet {
    pub(crate) id: i64,
    /// The id of whoever owns it.
    pub(crate) owner: i64,
}

/// Who asks.
#[derive(Clone, Debug)]
pub(crate) enum Caller {
    /// The service's owner: for what is prepared, and for races in which who asks does not matter.
    House,
    /// Somebody with their own sign-in and PIN.
    Person(Person),
    /// Whoever has this sign-in, and this PIN or none.
    Bearer {
        /// What it is, for the report.
        who: &'static str,
        token: String,
        pin: Option<String>,
    },
}

/// What is asked for. Amounts are text: some are meant to be wrong.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub(crate) enum Ask {
    OpenWallet {
        owner: i64,
    },
    Deposit {
        wallet: Wallet,
        amount: String,
    },
    Transfer {
        from: Wallet,
        to: Wallet,
        amount: String,
    },
    /// A transfer in whose body the giving wallet's owner is claimed to be who asks.
    TransferAsOwner {
        from: Wallet,
        to: Wallet,
        amount: String,
    },
    /// A transfer by the way that locks the wallets first, where a target has another beside it. A person says whose
    /// wallet it is.
    TransferUnderLock {
        from: Wallet,
        to: Wallet,
        amount: String,
    },
    Reverse {
        transaction: String,
        /// How much of it; all if it is not there.
        part: Option<String>,
    },
    Freeze {
        wallet: Wallet,
    },
    /// A payout without rows.
    OpenPayout {
        source: Wallet,
    },
    /// Its rows: what comes of it is the rows' name.
    UploadRows {
        payout: String,
        #[serde(serialize_with = "as_text")]
        csv: Vec<u8>,
    },
    ExecutePayout {
        payout: String,
        rows: String,
    },
    /// Whether it is over.
    WatchPayout {
        payout: String,
    },
    /// The balance of one, as it is shown to who looks at it.
    Look {
        wallet: Wallet,
    },
    /// What of its rows has to be mended, as a file.
    ReadErrors {
        payout: String,
    },
    /// What became of its rows, as a file.
    ReadResults {
        payout: String,
    },
    /// The balances of all of them, in their order.
    Balances {
        wallets: Vec<Wallet>,
    },
}

/// One request.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) caller: Caller,
    /// The idempotency key, for a target that looks at it.
    pub(crate) key: String,
    /// How long the target may take, where it can be told.
    pub(crate) within: Option<Duration>,
    pub(crate) ask: Ask,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub(crate) enum Answer {
    /// It was done: the id of what came of it.
    Done { id: String },
    /// What was read.
    Balances { balances: Vec<Money> },
    /// Whether a payout is over.
    Watched { is_over: bool },
    /// A file.
    File { text: String },
    /// It was not done, and why.
    Refused {
        status: u16,
        code: String,
        /// In which line of what was sent, where that was a file.
        #[serde(skip_serializing_if = "Option::is_none")]
        line: Option<u64>,
    },
    /// There was no room for it, and it says when to come back: nothing of it happened.
    TurnedAway,
    /// It was done or not: nobody said.
    Unclear { why: String },
}

/// A call with its answer, and when each was: since the target was there.
#[derive(Clone, Debug)]
pub(crate) struct Record {
    /// Which connection; each carries one call.
    pub(crate) client: u64,
    pub(crate) invoked_at: Duration,
    pub(crate) returned_at: Duration,
    pub(crate) call: Call,
    pub(crate) answer: Answer,
    pub(crate) shown: Shown,
}

/// What befell a target beside requests, such as a kill; and when, since the target was there.
#[derive(Clone, Debug)]
pub(crate) struct Mark {
    pub(crate) at: Duration,
    /// A few words: they stand in a picture.
    pub(crate) text: String,
}

impl Answer {
    pub(crate) fn is_done(&self) -> bool {
        matches!(self, Self::Done { .. })
    }

    /// The id of what came of it, if it was done.
    pub(crate) fn id(&self) -> Option<&str> {
        if let Self::Done { id } = self { Some(id) } else { None }
    }

    pub(crate) fn is_turned_away(&self) -> bool {
        matches!(self, Self::TurnedAway)
    }

    pub(crate) fn is_unclear(&self) -> bool {
        matches!(self, Self::Unclear { .. })
    }
}

impl fmt::Display for Caller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::House => "house",
            Self::Person(person) => &person.name,
            Self::Bearer { who, .. } => who,
        })
    }
}

impl fmt::Display for Ask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OpenWallet { owner } => write!(f, "open a wallet for user {owner}"),
            Self::Deposit { wallet, amount } => write!(f, "deposit {amount} to {}", wallet.id),
            Self::Transfer { from, to, amount } => {
                write!(f, "transfer {amount} from {} to {}", from.id, to.id)
            }
            Self::TransferAsOwner { from, to, amount } => {
                write!(f, "transfer {amount} from {} to {} as user {}", from.id, to.id, from.owner)
            }
            Self::TransferUnderLock { from, to, amount } => {
                write!(f, "transfer {amount} from {} to {}, locked", from.id, to.id)
            }
            Self::Reverse { transaction, part: None } => write!(f, "reverse {transaction}"),
            Self::Reverse { transaction, part: Some(part) } => write!(f, "reverse {part} of {transaction}"),
            Self::Freeze { wallet } => write!(f, "freeze {}", wallet.id),
            Self::OpenPayout { source } => write!(f, "open a payout from {}", source.id),
            Self::UploadRows { payout, csv } => write!(f, "upload {} bytes to payout {payout}", csv.len()),
            Self::ExecutePayout { payout, .. } => write!(f, "execute payout {payout}"),
            Self::WatchPayout { payout } => write!(f, "watch payout {payout}"),
            Self::Look { wallet } => write!(f, "look at {}", wallet.id),
            Self::ReadErrors { payout } => write!(f, "read what to mend of payout {payout}"),
            Self::ReadResults { payout } => write!(f, "read what became of payout {payout}"),
            Self::Balances { wallets } => {
                let ids: Vec<String> = wallets.iter().map(|wallet| wallet.id.to_string()).collect();
                write!(f, "read {}", ids.join(", "))
            }
        }
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Done { id } => write!(f, "done as {id}"),
            Self::Balances { balances } => {
                let balances: Vec<String> = balances.iter().map(Money::to_string).collect();
                f.write_str(&balances.join(", "))
            }
            Self::Watched { is_over } => write!(f, "{}", if *is_over { "over" } else { "under way" }),
            Self::File { text } => write!(f, "a file of {} lines", text.lines().count()),
            Self::Refused { status, code, line: None } => write!(f, "refused: {status} {code}"),
            Self::Refused { status, code, line: Some(line) } => {
                write!(f, "refused: {status} {code} in line {line}")
            }
            Self::TurnedAway => f.write_str("turned away"),
            Self::Unclear { why } => write!(f, "unclear: {why}"),
        }
    }
}

/// The most characters of a file that a report has.
const FILE_CHARACTERS_MAX: usize = 1_000;

/// A file as text, whatever it is, as far as a report needs it.
fn as_text<S: Serializer>(file: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    let text: String = String::from_utf8_lossy(file).chars().take(FILE_CHARACTERS_MAX).collect();
    serializer.serialize_str(&text)
}
