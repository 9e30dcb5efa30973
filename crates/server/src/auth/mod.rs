//! Identity: who makes a request, and how they prove it. No secret is kept in a form that signs anybody in,
//! none appears in a log or in `Debug`, and no route decides by itself who may do what.
//!
//! | module | what it holds |
//! | --- | --- |
//! | [`identify`] | from the token of a request to who makes it |
//! | [`caller`] | who makes a request, and the rules of who may do what |
//! | [`access_token`] | short-lived JWTs, signed with [`signing_key`] |
//! | [`external_token`], [`issuer_keys`], [`fetch`] | tokens of an external issuer, its keys, and where they come from |
//! | [`refresh_token`] | what keeps a person signed in, exchanged at each use |
//! | [`password`] | what a person signs in with |
//! | [`pin`], [`pin_pepper`] | what a person moves money with |
//! | [`approval`] | what a right PIN gives for certain movements |
//! | [`hash_pool`] | argon2id, on a bounded pool |
//! | [`secret_file`] | secrets that are made on the first start |
//! | [`api_key`] | how services sign in |

pub mod access_token;
pub mod api_key;
pub mod approval;
pub mod caller;
pub mod external_token;
pub mod fetch;
pub mod hash_pool;
pub mod identify;
pub mod issuer_keys;
mod opaque;
pub mod password;
pub mod pin;
pub mod pin_pepper;
pub mod refresh_token;
pub mod secret_file;
pub mod signing_key;

pub use access_token::{AccessGrant, AccessTokenError, AccessTokenSettings, AccessTokens};
pub use api_key::{API_KEY_PREFIX, ApiKeys};
pub use approval::{Approvals, Intent, PayoutStep};
pub use caller::{Action, Identity, NotPermitted, permit_sign_up};
pub use external_token::{ExternalIssuer, ExternalTokens};
pub use fetch::safe_url;
pub use hash_pool::HashError;
pub use identify::{Auth, IdentifyError};
pub use issuer_keys::KeyTimes;
pub use opaque::OpaqueSecret;
pub use password::{NewPassword, Passwords};
pub use pin::{Pin, PinError, PinTry, Pins};
pub use pin_pepper::{PinPepper, PinPepperError};
pub use refresh_token::{Refreshed, Sessions};
pub use secret_file::SecretFileError;
pub use signing_key::{PublicJwk, SigningKey, SigningKeyError};
