//! Users, API keys and sessions.

use super::book::{Book, Resource, Turn, missing, next};
use florin_ledger::{ApiKeyId, Timestamp, UserId};
use florin_store::{
    ApiKey, Created, CreationKey, NewApiKey, NewUser, RefreshToken, Refusal, Rotation, StoreError, User,
};
use std::collections::{BTreeMap, HashMap};

/// Who may sign in, and with what.
#[derive(Debug, Default)]
pub(super) struct People {
    pub(super) users: BTreeMap<UserId, User>,
    pub(super) api_keys: BTreeMap<ApiKeyId, ApiKey>,
    secrets: HashMap<[u8; 32], ApiKeyId>,
    tokens: HashMap<[u8; 32], Token>,
}

#[derive(Clone, Copy, Debug)]
struct Token {
    stored: RefreshToken,
    was_rotated: bool,
    is_revoked: bool,
}

impl Book {
    pub(super) fn create_user(
        &mut self,
        new: NewUser,
        key: CreationKey,
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
        Ok(Created::New(user))
    }

    pub(super) fn create_api_key(
        &mut self,
        new: NewApiKey,
        key: CreationKey,
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
        Ok(Created::New(api_key))
    }
}

impl People {
    pub(super) fn api_key_by_secret(&self, secret_hash: [u8; 32]) -> Option<ApiKey> {
        self.secrets.get(&secret_hash).and_then(|id| self.api_keys.get(id)).cloned()
    }

    pub(super) fn revoke_api_key(&mut self, id: ApiKeyId, now: Timestamp) -> Option<ApiKey> {
        let api_key = self.api_keys.get_mut(&id)?;
        api_key.revoked_at.get_or_insert(now);
        Some(api_key.clone())
    }

    pub(super) fn start_session(&mut self, token: RefreshToken) -> Result<(), StoreError> {
        if self.tokens.contains_key(&token.hash) || !self.users.contains_key(&token.user) {
            return Err(StoreError::Inconsistent("a token twice, or one of nobody".to_owned()));
        }
        self.tokens.insert(token.hash, Token { stored: token, was_rotated: false, is_revoked: false });
        Ok(())
    }

    pub(super) fn rotate(
        &mut self,
        old: [u8; 32],
        new: [u8; 32],
        new_expires_at: Timestamp,
        now: Timestamp,
    ) -> Result<Rotation, StoreError> {
        let Some(found) = self.tokens.get(&old).copied() else { return Ok(Rotation::Invalid) };
        if found.was_rotated {
            self.revoke_family(found.stored.family);
            return Ok(Rotation::Reused);
        }
        if found.is_revoked || found.stored.expires_at <= now {
            return Ok(Rotation::Invalid);
        }
        let user = self.users.get(&found.stored.user).cloned().ok_or_else(missing)?;
        self.start_session(RefreshToken {
            hash: new,
            created_at: now,
            expires_at: new_expires_at,
            ..found.stored
        })?;
        self.tokens.insert(old, Token { was_rotated: true, ..found });
        Ok(Rotation::Rotated(user))
    }

    pub(super) fn end_session(&mut self, token: [u8; 32]) {
        if let Some(found) = self.tokens.get(&token) {
            self.revoke_family(found.stored.family);
        }
    }

    fn revoke_family(&mut self, family: u128) {
        for token in self.tokens.values_mut().filter(|token| token.stored.family == family) {
            token.is_revoked = true;
        }
    }
}
