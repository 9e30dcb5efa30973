//! Transaction PINs: what a person enters so that their money moves. 4 digits are few, so every try is counted in
//! the database before it is looked at, and hashing runs on a pool of its own.

use super::PinPepper;
use super::hash_pool::{HashError, HashPool, Place, cores};
use florin_ledger::{LedgerId, Timestamp, UserId};
use florin_store::{Origin, Reservation, Standing, Store, StoreError, StoredPin, Verdict};
use secrecy::{ExposeSecret, SecretString};
use std::time::Duration;
use tokio::time::Instant;

/// A PIN that somebody chooses or enters: 4 to 8 digits.
#[derive(Clone, Debug)]
pub struct Pin(SecretString);

impl Pin {
    /// What people choose most, beside repeated digits and runs: patterns of the keypad, years, pairs.
    const GUESSED_FIRST: [&str; 24] = [
        "1212", "2121", "1010", "0101", "2020", "1004", "2000", "1122", "2211", "1313", "6969", "2580",
        "0852", "5683", "1379", "2468", "1357", "123123", "112233", "121212", "147258", "159753", "12341234",
        "11223344",
    ];

    /// Takes a PIN; `None` unless it is 4 to 8 ASCII digits.
    pub fn parse(text: SecretString) -> Option<Self> {
        let digits = text.expose_secret().as_bytes();
        ((4..=8).contains(&digits.len()) && digits.iter().all(u8::is_ascii_digit)).then_some(Self(text))
    }

    /// Whether it is among the first that anybody would try: one digit again and again, a run up or down, or one of
    /// a few that are known to be chosen most.
    pub fn is_guessable(&self) -> bool {
        let digits = self.0.expose_secret();
        let steps = |step: u8| {
            let next = |pair: &[u8]| (pair[0] - b'0' + step) % 10 == pair[1] - b'0';
            digits.as_bytes().windows(2).all(next)
        };
        steps(0) || steps(1) || steps(9) || Self::GUESSED_FIRST.contains(&digits)
    }
}

/// Somebody tries a person's PIN.
#[derive(Clone, Debug)]
pub struct PinTry {
    /// Where.
    pub ledger: LedgerId,
    /// Whose.
    pub user: UserId,
    /// What they entered.
    pub pin: Pin,
    /// Who, and from where.
    pub origin: Origin,
}

/// Why a PIN opens nothing.
#[derive(Debug, thiserror::Error)]
pub enum PinError {
    /// The person has none.
    #[error("there is no PIN")]
    NotSet,
    /// It is another one.
    #[error("the PIN is wrong, {tries_left} tries are left")]
    Wrong {
        /// How many wrong ones are left before it is locked.
        tries_left: u8,
    },
    /// Too many were wrong.
    #[error("the PIN is locked for {for_how_long:?}")]
    Locked {
        /// How long it stays so.
        for_how_long: Duration,
    },
    /// It is stored under a pepper that this server was not given.
    #[error("a PIN is stored under version {0} of the pepper, which this server does not have")]
    PepperMissing(u32),
    /// It could not be hashed.
    #[error(transparent)]
    Hash(#[from] HashError),
    /// Tries cannot be counted.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Stores and checks PINs.
#[derive(Debug)]
pub struct Pins {
    pepper: PinPepper,
    pool: HashPool,
}

impl Pins {
    /// How long one waits whose PIN is being tried already, before asking again: longer each time.
    const PAUSE_MIN: Duration = Duration::from_millis(10);
    const PAUSE_MAX: Duration = Duration::from_millis(200);

    /// With this pepper. Half the cores at most are busy with PINs, and as many callers wait as are served in about
    /// five seconds.
    pub fn new(pepper: PinPepper) -> Self {
        let running_max = (cores() / 2).max(1);
        Self { pepper, pool: HashPool::new(running_max, running_max.saturating_mul(256)) }
    }

    /// What to store of a PIN.
    pub async fn hash(&self, ledger: LedgerId, user: UserId, pin: &Pin) -> Result<StoredPin, PinError> {
        let pepper_version = self.pepper.newest();
        let seasoned = self.season(pepper_version, ledger, user, pin)?;
        let phc = self.pool.hash(self.pool.admit()?, seasoned).await?;
        Ok(StoredPin { phc, pepper_version })
    }

    /// Whether a PIN is the stored one. Nothing is counted: this is not for those who guess.
    pub async fn is_stored(
        &self,
        ledger: LedgerId,
        user: UserId,
        pin: &Pin,
        stored: StoredPin,
    ) -> Result<bool, PinError> {
        let place = self.pool.admit()?;
        self.verify(place, ledger, user, pin, stored).await
    }

    /// Lets pass who enters the person's PIN. The try is counted first; who comes while as many tries are under
    /// way as are left waits for them. To be run to its end, whoever goes away: what is reserved must be settled.
    pub async fn check(
        &self,
        store: &dyn Store,
        tried: PinTry,
        now: Timestamp,
        deadline: Instant,
    ) -> Result<(), PinError> {
        // Where there is no room nothing is reserved. Room is held only by reserved tries, of which one person has
        // five at most: no one person takes all of it.
        drop(self.pool.admit()?);
        let (stored, epoch) = reserve(store, &tried, now, deadline).await?;
        let judged = match self.pool.admit() {
            Ok(place) => self.judge(place, &tried, stored).await,
            Err(error) => Err(error.into()),
        };
        let verdict = judged.as_ref().map_or(Verdict::Unchecked, Clone::clone);
        let PinTry { ledger, user, origin, .. } = tried;
        let standing = store.settle_pin_try(ledger, user, epoch, verdict, origin, now).await?;
        match (judged?, standing) {
            (Verdict::Right { .. }, Standing::Open { .. }) => Ok(()),
            (_, Standing::Open { tries_left }) => Err(PinError::Wrong { tries_left }),
            (_, Standing::Locked { until }) => Err(locked(until, now)),
            (_, Standing::Void) => Err(try_again()),
        }
    }

    async fn judge(&self, place: Place, tried: &PinTry, stored: StoredPin) -> Result<Verdict, PinError> {
        let PinTry { ledger, user, pin, .. } = tried;
        let is_old = stored.pepper_version != self.pepper.newest();
        let is_right = self.verify(place, *ledger, *user, pin, stored).await?;
        let result = if is_right { "right" } else { "wrong" };
        metrics::counter!("florin_pin_checks_total", "result" => result).increment(1);
        if !is_right {
            return Ok(Verdict::Wrong);
        }
        // Where there is no time for it now, there will be the next time.
        let renewed = if is_old { self.hash(*ledger, *user, pin).await.ok() } else { None };
        Ok(Verdict::Right { renewed })
    }

    async fn verify(
        &self,
        place: Place,
        ledger: LedgerId,
        user: UserId,
        pin: &Pin,
        stored: StoredPin,
    ) -> Result<bool, PinError> {
        let seasoned = self.season(stored.pepper_version, ledger, user, pin)?;
        Ok(self.pool.verify(place, seasoned, stored.phc).await?)
    }

    fn season(&self, version: u32, ledger: LedgerId, user: UserId, pin: &Pin) -> Result<[u8; 32], PinError> {
        let seasoned = self.pepper.season(version, ledger, user, &pin.0);
        seasoned.ok_or(PinError::PepperMissing(version))
    }
}

/// Reserves a try; waits while it has to.
async fn reserve(
    store: &dyn Store,
    tried: &PinTry,
    now: Timestamp,
    deadline: Instant,
) -> Result<(StoredPin, i64), PinError> {
    let mut pause = Pins::PAUSE_MIN;
    loop {
        match store.reserve_pin_try(tried.ledger, tried.user, tried.origin.clone(), now).await? {
            Reservation::Reserved { pin, epoch } => return Ok((pin, epoch)),
            Reservation::NotSet => return Err(PinError::NotSet),
            Reservation::Locked { until } => return Err(locked(until, now)),
            Reservation::Busy if Instant::now() + pause >= deadline => return Err(try_again()),
            Reservation::Busy => tokio::time::sleep(pause).await,
        }
        pause = (pause * 2).min(Pins::PAUSE_MAX);
    }
}

fn locked(until: Timestamp, now: Timestamp) -> PinError {
    let left_us = u64::try_from(until.0.saturating_sub(now.0)).unwrap_or(0);
    PinError::Locked { for_how_long: Duration::from_micros(left_us) }
}

fn try_again() -> PinError {
    HashError::Overloaded { retry_after: Duration::from_secs(1) }.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pin(text: &str) -> Option<Pin> {
        Pin::parse(text.into())
    }

    #[test]
    fn a_pin_has_4_to_8_ascii_digits() {
        for good in ["2846", "28461", "28461739"] {
            assert!(pin(good).is_some_and(|pin| !pin.is_guessable()), "{good}");
        }
        for bad in ["", "284", "284617390", "28 46", "284a", "+284", "２８４６", "28４6", "2846\n", "28.6"]
        {
            assert!(pin(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn what_is_tried_first_is_refused() {
        for guessable in [
            "0000", "9999", "00000000", "1234", "0123", "6789", "7890", "12345678", "4321", "3210", "9876",
            "0987", "1212", "2580", "123123", "11223344",
        ] {
            assert!(pin(guessable).unwrap().is_guessable(), "{guessable}");
        }
        for fine in ["2846", "1243", "1235", "0001", "9173", "13579"] {
            assert!(!pin(fine).unwrap().is_guessable(), "{fine}");
        }
    }

    #[tokio::test]
    async fn a_pin_is_its_owners_alone_and_of_one_pepper() {
        let pins = Pins::new(PinPepper::generate());
        let (right, wrong) = (pin("2846").unwrap(), pin("2847").unwrap());
        let stored = pins.hash(LedgerId::MAIN, UserId(1), &right).await.unwrap();
        assert!(stored.phc.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored:?}");
        let is_stored = async |user, pin: &Pin| {
            pins.is_stored(LedgerId::MAIN, UserId(user), pin, stored.clone()).await.unwrap()
        };
        assert!(is_stored(1, &right).await);
        assert!(!is_stored(1, &wrong).await && !is_stored(2, &right).await);
        let elsewhere = Pins::new(PinPepper::generate());
        let is_stored = elsewhere.is_stored(LedgerId::MAIN, UserId(1), &right, stored.clone()).await;
        assert!(!is_stored.unwrap(), "the database alone is not enough");
        let missing = StoredPin { pepper_version: 9, ..stored };
        let is_stored = pins.is_stored(LedgerId::MAIN, UserId(1), &right, missing).await;
        assert!(matches!(is_stored, Err(PinError::PepperMissing(9))));
    }

    #[test]
    fn its_debug_text_says_nothing_of_it() {
        assert!(!format!("{:?}", pin("2846").unwrap()).contains("2846"));
    }
}
