//! Who makes a request, and the rules of who may do what. They are here and nowhere else; what a person may
//! debit is decided by the ledger, under the wallet's lock.
//!
//! A route asks twice: [`Identity::permit`], whether the caller may do such a thing at all (if not, 403), and
//! [`Identity::reaches`], whether the thing it names is within the caller's reach (if not, 404, as if it
//! were not there).

use florin_ledger::{Caller, LedgerId, Principal, UserId};
use florin_store::{Actor, ApiKey, Role, Scope};
use std::sync::Arc;

/// Who makes a request, proved by a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Where; nobody reaches another ledger.
    pub ledger: LedgerId,
    who: Who,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Who {
    Person(UserId),
    Operator(UserId),
    Service(Arc<ApiKey>),
}

/// What a route does, as far as it matters who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Reads what the caller can reach.
    Read,
    /// Reads what is the house's alone: all users, the trial balance, the audit.
    ReadHouse,
    /// Moves money out of what the caller can reach.
    MoveMoney,
    /// Brings money in: deposits, top-ups, bonuses.
    IssueMoney,
    /// Creates and changes wallets within the caller's reach.
    WriteWallets,
    /// Creates users who own wallets.
    CreateUsers,
    /// Creates operators.
    CreateOperators,
    /// Creates assets.
    CreateAssets,
    /// Creates, lists and revokes API keys.
    ManageApiKeys,
    /// Agrees with a payout that somebody else made.
    ApprovePayouts,
    /// Resets transaction PINs.
    ResetPins,
    /// Says who users are to an external issuer.
    LinkUsers,
    /// Reads who did what.
    ReadAuditLog,
}

/// The caller may not do such a thing, whatever it is done to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this needs {needed}")]
pub struct NotPermitted {
    /// Who may, in words.
    pub needed: &'static str,
}

impl Action {
    /// Whether persons may, with what is theirs.
    const fn is_for_persons(self) -> bool {
        match self {
            Self::Read | Self::MoveMoney | Self::WriteWallets | Self::CreateUsers => true,
            Self::ReadHouse
            | Self::IssueMoney
            | Self::CreateOperators
            | Self::CreateAssets
            | Self::ManageApiKeys
            | Self::ApprovePayouts
            | Self::ResetPins
            | Self::LinkUsers
            | Self::ReadAuditLog => false,
        }
    }

    /// The scope with which services may; `None` where they never may.
    const fn scope(self) -> Option<Scope> {
        match self {
            Self::Read | Self::ReadHouse => Some(Scope::Read),
            Self::MoveMoney | Self::IssueMoney => Some(Scope::TransactionsWrite),
            Self::WriteWallets => Some(Scope::WalletsWrite),
            Self::CreateUsers => Some(Scope::UsersWrite),
            Self::CreateAssets => Some(Scope::AssetsWrite),
            Self::CreateOperators
            | Self::ManageApiKeys
            | Self::ApprovePayouts
            | Self::ResetPins
            | Self::LinkUsers
            | Self::ReadAuditLog => None,
        }
    }

    /// What is said to whoever may not.
    pub const fn refusal(self) -> NotPermitted {
        let needed = match self.scope() {
            None => "an operator",
            Some(Scope::Read) => "an operator, or an API key with the scope read",
            Some(Scope::TransactionsWrite) => "an operator, or an API key with the scope transactions:write",
            Some(Scope::WalletsWrite) => "an operator, or an API key with the scope wallets:write",
            Some(Scope::UsersWrite) => "an operator, or an API key with the scope users:write",
            Some(Scope::AssetsWrite) => "an operator, or an API key with the scope assets:write",
        };
        NotPermitted { needed }
    }
}

impl Identity {
    /// Somebody who signed in.
    pub fn user(ledger: LedgerId, user: UserId, role: Role) -> Self {
        let who = match role {
            Role::User => Who::Person(user),
            Role::Operator => Who::Operator(user),
        };
        Self { ledger, who }
    }

    /// A service.
    pub fn service(ledger: LedgerId, api_key: Arc<ApiKey>) -> Self {
        Self { ledger, who: Who::Service(api_key) }
    }

    /// The scope of the caller's idempotency keys.
    pub fn principal(&self) -> Principal {
        match &self.who {
            Who::Person(user) | Who::Operator(user) => Principal::User(*user),
            Who::Service(api_key) => Principal::Service(api_key.id),
        }
    }

    /// Who the audit log says that it was.
    pub fn actor(&self) -> Actor {
        match self.principal() {
            Principal::User(user) => Actor::User(user),
            Principal::Service(api_key) => Actor::ApiKey(api_key),
        }
    }

    /// The user who signed in; services are none.
    pub fn user_id(&self) -> Option<UserId> {
        match self.principal() {
            Principal::User(user) => Some(user),
            Principal::Service(_) => None,
        }
    }

    /// The service's key, if the caller is one.
    pub fn api_key(&self) -> Option<&ApiKey> {
        match &self.who {
            Who::Service(api_key) => Some(api_key),
            Who::Person(_) | Who::Operator(_) => None,
        }
    }

    /// Whether the caller may do such a thing at all.
    pub fn permit(&self, action: Action) -> Result<(), NotPermitted> {
        let is_permitted = match &self.who {
            Who::Person(_) => action.is_for_persons(),
            Who::Operator(_) => true,
            Who::Service(api_key) => action.scope().is_some_and(|scope| api_key.scopes.contains(&scope)),
        };
        if is_permitted { Ok(()) } else { Err(action.refusal()) }
    }

    /// Whether what belongs to `owner` (`None`: to the house) is there for the caller.
    pub fn reaches(&self, owner: Option<UserId>) -> bool {
        self.is_house() || (owner.is_some() && owner == self.user_id())
    }

    /// Whether the caller is a person who acts for the house.
    pub fn is_operator(&self) -> bool {
        matches!(self.who, Who::Operator(_))
    }

    /// Whether the caller acts for the house: everything in the ledger is within its reach.
    pub fn is_house(&self) -> bool {
        !matches!(self.who, Who::Person(_))
    }

    /// The caller of a command that brings money in or moves it.
    pub fn caller(&self, action: Action) -> Result<Caller, NotPermitted> {
        self.permit(action)?;
        Ok(Caller { principal: self.principal(), is_house: self.is_house() })
    }
}

/// Whether somebody may create a user of that role. Signing up is open to those who are nobody yet.
pub fn permit_sign_up(caller: Option<&Identity>, role: Role) -> Result<(), NotPermitted> {
    match (caller, role) {
        (None, Role::User) => Ok(()),
        (None, Role::Operator) => Err(Action::CreateOperators.refusal()),
        (Some(caller), Role::User) => caller.permit(Action::CreateUsers),
        (Some(caller), Role::Operator) => caller.permit(Action::CreateOperators),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use florin_ledger::{ApiKeyId, Timestamp};

    const ALICE: UserId = UserId(1);
    const BOB: UserId = UserId(2);

    fn person() -> Identity {
        Identity::user(LedgerId::MAIN, ALICE, Role::User)
    }

    fn operator() -> Identity {
        Identity::user(LedgerId::MAIN, ALICE, Role::Operator)
    }

    fn service(scopes: &[Scope]) -> Identity {
        let api_key = ApiKey {
            id: ApiKeyId(9),
            name: "shop".to_owned(),
            scopes: scopes.to_vec(),
            created_by: BOB,
            created_at: Timestamp(0),
            revoked_at: None,
        };
        Identity::service(LedgerId::MAIN, Arc::new(api_key))
    }

    /// Action, whether a person may, the scope with which a service may. Operators may everything.
    const RULES: [(Action, bool, Option<Scope>); 13] = [
        (Action::Read, true, Some(Scope::Read)),
        (Action::ReadHouse, false, Some(Scope::Read)),
        (Action::MoveMoney, true, Some(Scope::TransactionsWrite)),
        (Action::IssueMoney, false, Some(Scope::TransactionsWrite)),
        (Action::WriteWallets, true, Some(Scope::WalletsWrite)),
        (Action::CreateUsers, true, Some(Scope::UsersWrite)),
        (Action::CreateOperators, false, None),
        (Action::CreateAssets, false, Some(Scope::AssetsWrite)),
        (Action::ManageApiKeys, false, None),
        (Action::ApprovePayouts, false, None),
        (Action::ResetPins, false, None),
        (Action::LinkUsers, false, None),
        (Action::ReadAuditLog, false, None),
    ];

    #[test]
    fn who_may_do_what() {
        for (action, person_may, scope) in RULES {
            assert_eq!(person().permit(action).is_ok(), person_may, "a person, {action:?}");
            assert!(operator().permit(action).is_ok(), "an operator, {action:?}");
            assert!(service(&[]).permit(action).is_err(), "a service without scopes, {action:?}");
            for held in Scope::ALL {
                let may = service(&[held]).permit(action).is_ok();
                assert_eq!(may, scope == Some(held), "a service with {held:?}, {action:?}");
            }
        }
    }

    #[test]
    fn a_refusal_names_the_scope_that_is_missing() {
        for (action, _, scope) in RULES {
            let needed = service(&[]).permit(action).unwrap_err().needed;
            let named = scope.map_or("an operator", Scope::as_str);
            assert!(needed.ends_with(named), "{action:?}: {needed}");
        }
    }

    #[test]
    fn a_person_reaches_what_is_theirs_and_the_house_everything() {
        assert!(person().reaches(Some(ALICE)));
        assert!(!person().reaches(Some(BOB)));
        assert!(!person().reaches(None), "the house's own");
        for house in [operator(), service(&[])] {
            assert!([Some(ALICE), Some(BOB), None].into_iter().all(|owner| house.reaches(owner)));
        }
    }

    #[test]
    fn only_the_house_debits_what_is_not_its_own() {
        let caller = |identity: Identity| identity.caller(Action::MoveMoney).unwrap();
        let with_scope = service(&[Scope::TransactionsWrite]);
        assert_eq!(caller(person()), Caller { principal: Principal::User(ALICE), is_house: false });
        assert_eq!(caller(operator()), Caller { principal: Principal::User(ALICE), is_house: true });
        let as_service = Caller { principal: Principal::Service(ApiKeyId(9)), is_house: true };
        assert_eq!(caller(with_scope), as_service);
        assert!(person().caller(Action::IssueMoney).is_err());
    }

    #[test]
    fn everybody_signs_up_and_operators_create_operators() {
        let with_scope = service(&[Scope::UsersWrite]);
        for (caller, may_user, may_operator) in [
            (None, true, false),
            (Some(person()), true, false),
            (Some(service(&[])), false, false),
            (Some(with_scope), true, false),
            (Some(operator()), true, true),
        ] {
            assert_eq!(permit_sign_up(caller.as_ref(), Role::User).is_ok(), may_user, "{caller:?}");
            assert_eq!(permit_sign_up(caller.as_ref(), Role::Operator).is_ok(), may_operator, "{caller:?}");
        }
    }
}
