//! Which loads a run measures, by name.

use super::mix::Mix;
use std::fmt;

/// One thing to measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Load {
    /// One database transaction a transfer, in process: what Florin is compared with.
    Classic { connections: usize, mix: Mix },
    /// The committer, called in process by so many callers at once.
    Committer { in_flight: usize, mix: Mix },
    /// One transfer a request, over so many connections.
    Http { connections: usize, mix: Mix },
    /// 1,000 transfers a request.
    Bulk { is_atomic: bool },
    /// A payout of so many rows.
    Payout { rows: u32 },
    /// One transfer a request, sent at a rate, whatever the server makes of it.
    OpenLoop { per_second: u32 },
    /// The committer on a store that holds next to nothing, against [`Load::Full`].
    Fresh,
    /// The committer on a store that holds what `--stored` says.
    Full,
}

impl Load {
    /// How many callers compare the fresh store with the full one.
    pub(super) const STORED_IN_FLIGHT: usize = 1024;

    /// How many rows the payout has that the figures are about.
    pub(super) const PAYOUT_ROWS: u32 = 100_000;

    /// Whether it goes through a server's socket.
    pub(super) fn is_http(self) -> bool {
        matches!(self, Self::Http { .. } | Self::Bulk { .. } | Self::OpenLoop { .. })
    }

    /// How its transfers spread over the wallets.
    pub(super) fn mix(self) -> Mix {
        match self {
            Self::Classic { mix, .. } | Self::Committer { mix, .. } | Self::Http { mix, .. } => mix,
            Self::Bulk { .. } | Self::Payout { .. } | Self::OpenLoop { .. } | Self::Fresh | Self::Full => {
                Mix::Uniform
            }
        }
    }

    /// Whether it compares stores of different fullness.
    pub(super) fn is_stored(self) -> bool {
        matches!(self, Self::Fresh | Self::Full)
    }
}

impl fmt::Display for Load {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Classic { connections, mix } => write!(f, "classic/{connections}/{mix}"),
            Self::Committer { in_flight, mix } => write!(f, "committer/{in_flight}/{mix}"),
            Self::Http { connections, mix } => write!(f, "http/{connections}/{mix}"),
            Self::Bulk { is_atomic: false } => f.write_str("bulk/independent"),
            Self::Bulk { is_atomic: true } => f.write_str("bulk/atomic"),
            Self::Payout { rows } => write!(f, "payout/{rows}"),
            Self::OpenLoop { per_second } => write!(f, "open-loop/{per_second}"),
            Self::Fresh => f.write_str("stored/fresh"),
            Self::Full => f.write_str("stored/full"),
        }
    }
}

/// How much a run measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Extent {
    /// Everything the figures are made of.
    Whole,
    /// One or two loads of each kind, to see that all of it works.
    Quick,
}

/// The offered rate of the open-loop load.
const OFFERED_PER_SECOND: u32 = 1000;

/// The loads of a run, those of one comparison near each other.
///
/// `classic_connections` is what the engine's classic way is measured with; `only` keeps what begins with
/// one of its names, and everything when it is empty.
pub(super) fn loads(extent: Extent, classic_connections: &[usize], only: &[String]) -> Vec<Load> {
    let (in_flight, connections, rows): (&[usize], &[usize], u32) = match extent {
        Extent::Whole => (&[1, 16, 64, 256, 1024, 4096], &[1, 16, 64, 256], Load::PAYOUT_ROWS),
        Extent::Quick => (&[1, 64], &[1, 16], 2_000),
    };
    let classic = [Mix::Uniform, Mix::Hot]
        .map(|mix| classic_connections.iter().map(move |&connections| Load::Classic { connections, mix }));
    let mixes = [Mix::Uniform, Mix::Zipf, Mix::Hot];
    let committer =
        mixes.map(|mix| in_flight.iter().map(move |&in_flight| Load::Committer { in_flight, mix }));
    let http = mixes.map(|mix| connections.iter().map(move |&connections| Load::Http { connections, mix }));
    let rest = [
        Load::Bulk { is_atomic: false },
        Load::Bulk { is_atomic: true },
        Load::Payout { rows },
        Load::OpenLoop { per_second: OFFERED_PER_SECOND },
        Load::Fresh,
        Load::Full,
    ];
    let all = classic.into_iter().flatten().chain(committer.into_iter().flatten());
    let all = all.chain(http.into_iter().flatten()).chain(rest);
    let is_wanted = |load: &Load| {
        let name = load.to_string();
        only.is_empty() || only.iter().any(|wanted| name.starts_with(wanted.as_str()))
    };
    all.filter(is_wanted).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(extent: Extent, only: &[&str]) -> Vec<String> {
        let only: Vec<_> = only.iter().map(ToString::to_string).collect();
        loads(extent, &[16, 50], &only).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_whole_run_has_every_load_once() {
        let mut all = names(Extent::Whole, &[]);
        assert_eq!(all.len(), 4 + 18 + 12 + 2 + 1 + 1 + 2);
        all.sort();
        all.dedup();
        assert_eq!(all.len(), 40);
    }

    #[test]
    fn a_quick_run_has_every_kind() {
        let all = names(Extent::Quick, &[]);
        for kind in ["classic/", "committer/", "http/", "bulk/", "payout/", "open-loop/", "stored/"] {
            assert!(all.iter().any(|name| name.starts_with(kind)), "{kind}");
        }
    }

    #[test]
    fn only_keeps_what_begins_with_a_name() {
        assert_eq!(
            names(Extent::Whole, &["classic/50", "bulk"]),
            ["classic/50/uniform", "classic/50/hot", "bulk/independent", "bulk/atomic"]
        );
        assert!(names(Extent::Whole, &["nothing"]).is_empty());
    }
}
