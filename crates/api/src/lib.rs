//! What Florin says over HTTP: requests, responses and problems, as types. The server answers with them, the
//! OpenAPI document is generated from them, and whoever calls the server from Rust uses them.
//!
//! They carry text and numbers as JSON does; what these mean is parsed by the server, once. Nothing here
//! knows a wallet's rules.
//!
//! | module | what it holds |
//! | --- | --- |
//! | [`amount`], [`metadata`] | amounts and the caller's own JSON, as they come in |
//! | [`users`], [`auth`], [`api_keys`] | who signs in, and how |
//! | [`pins`] | transaction PINs and approvals |
//! | [`secret_text`] | passwords, tokens and keys |
//! | [`assets`], [`wallets`], [`entries`], [`transactions`], [`ledger`] | the resources |
//! | [`movements`], [`bulk`] | what moves money, one by one and many at once |
//! | [`payouts`], [`payout_rows`] | many transfers from one wallet, from a file |
//! | [`audit_log`] | who did what, from where |
//! | [`page`] | lists, page by page |
//! | [`problem`], [`problem_code`] | every refusal: RFC 9457, with stable codes |

pub mod amount;
pub mod api_keys;
pub mod assets;
pub mod audit_log;
pub mod auth;
pub mod bulk;
pub mod console;
pub mod entries;
pub mod ledger;
pub mod metadata;
pub mod movements;
pub mod page;
pub mod payout_rows;
pub mod payouts;
pub mod pins;
pub mod problem;
pub mod problem_code;
pub mod recipients;
pub mod secret_text;
pub mod transactions;
pub mod users;
pub mod wallets;

pub use amount::AmountText;
pub use api_keys::{ApiKey, CreatedApiKey, NewApiKey, Scope};
pub use assets::{Asset, AssetList, NewAsset, SystemWallets};
pub use audit_log::{AuditOutcome, AuditRecord};
pub use auth::{
    BrowserSession, ExternalIdentity, Jwk, JwkSet, LoginRequest, RefreshTokenRequest, TokenType, Tokens,
};
pub use bulk::{BulkItem, BulkMode, BulkRequest, BulkResponse, BulkResult};
pub use console::{ConsoleConfig, StoreKind};
pub use entries::{Direction, Entry, HistoryEntry};
pub use ledger::{AssetTrialBalance, AuditReport, LastAudit, TrialBalance, TrialBalanceLine};
pub use metadata::Metadata;
pub use movements::{
    BonusRequest, DepositRequest, ReversalRequest, SpendRequest, TopUpRequest, TransferRequest,
    WithdrawalRequest,
};
pub use page::Page;
pub use payout_rows::{PayoutRow, PayoutRowState, PayoutUpload, RowCompensationState, RowError};
pub use payouts::{
    ApprovePayout, CompensatePayout, CompensationFilter, CompensationOperation, CompensationSelection,
    CompensationState, ExecutePayout, LargestRow, NewPayout, Payout, PayoutApproval, PayoutCompensation,
    PayoutDraft, PayoutFinding, PayoutOperation, PayoutPayment, PayoutPreflight, PayoutSource, PayoutState,
};
pub use pins::{Approval, NewPin, Operation, Operations, StepUpRequest};
pub use problem::Problem;
pub use problem_code::ProblemCode;
pub use recipients::Recipient;
pub use secret_text::SecretText;
pub use transactions::{Failure, Initiator, Transaction, TransactionStatus, TransactionType};
pub use users::{Me, NewUser, Role, User};
pub use wallets::{
    Balance, Balances, BalancesRequest, NewWallet, SystemRole, Wallet, WalletPatch, WalletStatus,
};
