//! Users, API keys and sessions.

use super::book::{Book, Resource, Turn, missing, next};
use super::pins::Pin;
use florin_ledger::{ApiKeyId, Timestamp, UserId};
use florin_store::{
    Actor, ApiKey, Approval, AuditAction, AuditLine, Created, CreationKey, ExternalIdentity, NewApiKey,
    NewUser, Origin, RefreshToken, Refusal, Rotation, StoreError, Subject, User,
};
use std::collections::{BTreeMap, HashMap};

/// Who may sign in, and with what.
#[derive(Debug, Default)]
pub(super) struct People {
    pub(super) users: BTreeMap<UserId, User>,
    pub(super) api_keys: BTreeMap<ApiKeyId, ApiKey>,
    pub(super) external: BTreeMap<UserId, ExternalIdentity>,
    secrets: HashMap<[u8; 32], ApiKeyId>,
    tokens: HashMap<[u8; 32], Token>,
    pub(super) pins: HashMap<UserId, Pin>,
    pub(super) approvals: HashMap<[u8; 32], Approval>,
}

#[derive(Clone, Copy, Debug)]
struct Token {
    stored: RefreshToken,
    rotated_at: Option<Timestamp>,
    is_revoked: bool,
}

impl Book {
    pub(super) fn create_user(
        &mut self,
        new: NewUser,
        key: CreationKey,
        origin: &Origin,
        now: Timestamp,
    ) -> Result<Created<User>, StoreError> {
        match self.turn(key) {
            Turn::Go => {}
            Turn::Used(Resource::User(id)) => {
                return self.people.users.get(&id).cloned().map(Created::Replayed).ok_or_else(missing);
            }
            Turn::Used(_) | Turn::KeyReused => return Ok(Created::KeyReused),
        }
        let users = &mut self.people.users;
        if users.values().any(|user| user.username == new.username) {
            return Ok(Created::Refused(Refusal::UsernameTaken));
        }
        if users.values().any(|user| user.email == new.email) {
            return Ok(Created::Refused(Refusal::EmailTaken));
        }
        let NewUser { username, email, password_hash, role } = new;
        let id = next(users, |id| id.0, UserId);
        let user = User { id, username, email, password_hash, role, created_at: now };
        users.insert(id, user.clone());
        self.bind(key, Resource::User(id));
        self.append(AuditLine::user_created(&user), origin, now);
        Ok(Created::New(user))
    }

    pub(super) fn create_api_key(
        &mut self,
        new: NewApiKey,
        key: CreationKey,
        origin: &Origin,
        now: Timestamp,
    ) -> Result<Created<ApiKey>, StoreError> {
        match self.turn(key) {
            Turn::Go => {}
            Turn::Used(Resource::ApiKey(id)) => {
                let first = self.people.api_keys.get(&id).cloned().ok_or_else(missing)?;
                return Ok(Created::Replayed(ApiKey { revoked_at: None, ..first }));
            }
            Turn::Used(_) | Turn::KeyReused => return Ok(Created::KeyReused),
        }
        let people = &mut self.people;
        if people.secrets.contains_key(&new.secret_hash) || !people.users.contains_key(&new.created_by) {
            return Err(StoreError::Inconsistent("a secret twice, or a key that nobody made".to_owned()));
        }
        let id = next(&people.api_keys, |id| id.0, ApiKeyId);
        let NewApiKey { name, secret_hash, scopes, created_by } = new;
        let api_key = ApiKey { id, name, scopes, created_by, created_at: now, revoked_at: None };
        people.api_keys.insert(id, api_key.clone());
        people.secrets.insert(secret_hash, id);
        self.bind(key, Resource::ApiKey(id));
        self.append(AuditLine::api_key_created(&api_key), origin, now);
        Ok(Created::New(api_key))
    }

    pub(super) fn revoke_api_key(&mut self, id: ApiKeyId, origin: &Origin, now: Timestamp) -> Option<ApiKey> {
        let api_key = self.people.api_keys.get_mut(&id)?;
        let is_new = api_key.revoked_at.is_none();
        api_key.revoked_at.get_or_insert(now);
        let revoked = api_key.clone();
        if is_new {
            self.append(AuditLine::done(AuditAction::ApiKeyRevoked, Subject::ApiKey(id)), origin, now);
        }
        Some(revoked)
    }

    pub(super) fn set_external_identity(
        &mut self,
        user: UserId,
        identity: Option<ExternalIdentity>,
        origin: &Origin,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let People { users, external, .. } = &mut self.people;
        if !users.contains_key(&user) {
            return Err(Refusal::UserNotFound);
        }
        if external.get(&user) == identity.as_ref() {
            return Ok(());
        }
        if external.values().any(|taken| Some(taken) == identity.as_ref()) {
            return Err(Refusal::ExternalIdentityTaken);
        }
        let line = AuditLine::external_identity_set(user, identity.as_ref());
        match identity {
            Some(identity) => drop(external.insert(user, identity)),
            None => drop(external.remove(&user)),
        }
        self.append(line, origin, now);
        Ok(())
    }

    pub(super) fn start_session(&mut self, token: RefreshToken, origin: &Origin) -> Result<(), StoreError> {
        self.people.insert_token(token)?;
        let line = AuditLine::done(AuditAction::UserSignedIn, Subject::User(token.user));
        self.append(line, origin, token.created_at);
        Ok(())
    }

    pub(super) fn rotate(
        &mut self,
        old: [u8; 32],
        new: [u8; 32],
        new_expires_at: Timestamp,
        origin: &Origin,
        now: Timestamp,
    ) -> Result<Rotation, StoreError> {
        let rotation = self.people.rotate(old, new, new_expires_at, now)?;
        if rotation == Rotation::Reused
            && let Some(user) = self.people.user_of_token(old)
        {
            self.append(AuditLine::refused(AuditAction::UserTokenReused, Subject::User(user)), origin, now);
        }
        Ok(rotation)
    }

    pub(super) fn end_session(&mut self, token: [u8; 32], origin: &Origin, now: Timestamp) {
        if let Some(user) = self.people.end_session(token) {
            let origin = origin.clone().by(Actor::User(user));
            self.append(AuditLine::done(AuditAction::UserSignedOut, Subject::User(user)), &origin, now);
        }
    }
}

impl People {
    pub(super) fn api_key_by_secret(&self, secret_hash: [u8; 32]) -> Option<ApiKey> {
        self.secrets.get(&secret_hash).and_then(|id| self.api_keys.get(id)).cloned()
    }

    pub(super) fn user_by_external_identity(&self, identity: &ExternalIdentity) -> Option<User> {
        let found = self.external.iter().find(|(_, of)| *of == identity);
        found.and_then(|(user, _)| self.users.get(user)).cloned()
    }

    fn user_of_token(&self, token: [u8; 32]) -> Option<UserId> {
        self.tokens.get(&token).map(|token| token.stored.user)
    }

    fn insert_token(&mut self, token: RefreshToken) -> Result<(), StoreError> {
        if self.tokens.contains_key(&token.hash) || !self.users.contains_key(&token.user) {
            return Err(StoreError::Inconsistent("a token twice, or one of nobody".to_owned()));
        }
        self.tokens.insert(token.hash, Token { stored: token, rotated_at: None, is_revoked: false });
        Ok(())
    }

    fn rotate(
        &mut self,
        old: [u8; 32],
        new: [u8; 32],
        new_expires_at: Timestamp,
        now: Timestamp,
    ) -> Result<Rotation, StoreError> {
        let Some(found) = self.tokens.get(&old).copied() else { return Ok(Rotation::Invalid) };
        if let Some(rotated_at) = found.rotated_at {
            if now.0 - rotated_at.0 < 10_000_000 && self.is_unused(new, found.stored.family, now) {
                return self
                    .users
                    .get(&found.stored.user)
                    .cloned()
                    .map(Rotation::Rotated)
                    .ok_or_else(missing);
            }
            self.revoke_family(found.stored.family);
            return Ok(Rotation::Reused);
        }
        if found.is_revoked || found.stored.expires_at <= now {
            return Ok(Rotation::Invalid);
        }
        let user = self.users.get(&found.stored.user).cloned().ok_or_else(missing)?;
        self.insert_token(RefreshToken {
            hash: new,
            created_at: now,
            expires_at: new_expires_at,
            ..found.stored
        })?;
        self.tokens.insert(old, Token { rotated_at: Some(now), ..found });
        Ok(Rotation::Rotated(user))
    }

    fn is_unused(&self, token: [u8; 32], family: u128, now: Timestamp) -> bool {
        self.tokens.get(&token).is_some_and(|Token { stored, rotated_at, is_revoked }| {
            stored.family == family && rotated_at.is_none() && !is_revoked && stored.expires_at > now
        })
    }

    /// Whose sign-in it ended, if it ended one.
    fn end_session(&mut self, token: [u8; 32]) -> Option<UserId> {
        let found = self.tokens.get(&token)?.stored;
        (self.revoke_family(found.family) > 0).then_some(found.user)
    }

    /// How many tokens it revoked that were not.
    fn revoke_family(&mut self, family: u128) -> usize {
        let of_family = self.tokens.values_mut().filter(|token| token.stored.family == family);
        of_family.map(|token| usize::from(!std::mem::replace(&mut token.is_revoked, true))).sum()
    }
}
