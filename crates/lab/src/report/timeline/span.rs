//! The time that a picture spans, and where in it things stand: in percent, so that a picture has any width.

use std::fmt;
use std::time::Duration;

/// From the left edge to the right one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    /// What is called zero.
    pub(super) zero: Duration,
    pub(super) from: Duration,
    pub(super) until: Duration,
}

/// A place or a width, of the picture's width.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub(super) struct Percent(pub(super) f64);

impl Span {
    pub(super) fn length(&self) -> Duration {
        self.until.saturating_sub(self.from).max(Duration::from_micros(10))
    }

    pub(super) fn contains(&self, at: Duration) -> bool {
        (self.from..=self.until).contains(&at)
    }

    pub(super) fn x(&self, at: Duration) -> Percent {
        let at = at.saturating_sub(self.from).as_secs_f64();
        Percent((at / self.length().as_secs_f64() * 100.0).clamp(0.0, 100.0))
    }

    /// Milliseconds from zero.
    pub(super) fn millis(&self, at: Duration) -> f64 {
        at.as_secs_f64().mul_add(1e3, -self.zero.as_secs_f64() * 1e3)
    }
}

impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = format!("{:.2}", self.0);
        write!(f, "{}%", text.trim_end_matches('0').trim_end_matches('.'))
    }
}

impl maud::Render for Percent {
    fn render_to(&self, buffer: &mut String) {
        maud::display(self).render_to(buffer);
    }
}
