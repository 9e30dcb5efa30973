//! What a picture shows of a round: as many requests as it can hold, each on a lane that it has to itself meanwhile.

use super::outcome::{Outcome, outcomes};
use super::span::Span;
use super::{Bounds, Story};
use crate::call::Record;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::time::Duration;

/// What a picture shows.
pub(super) struct Scene<'a> {
    pub(super) bars: Vec<Bar<'a>>,
    pub(super) lanes: usize,
    pub(super) span: Span,
    /// How many of each outcome there are, shown or not.
    pub(super) counts: Vec<(Outcome, usize)>,
}

/// A request.
pub(super) struct Bar<'a> {
    pub(super) index: usize,
    pub(super) record: &'a Record,
    pub(super) outcome: Outcome,
    /// Whether the evidence names it.
    pub(super) is_named: bool,
    pub(super) lane: usize,
}

impl<'a> Scene<'a> {
    /// Of a round with requests; nothing of one without.
    pub(super) fn of(story: &Story<'a>, bounds: &Bounds) -> Option<Self> {
        let records = story.records;
        let zero = records.first()?.invoked_at;
        let outcomes = outcomes(records);
        let window = window(records, story.named, bounds.bars);
        let is_whole = window.len() == records.len();
        let bars: Vec<Bar<'a>> = window
            .map(|index| Bar {
                index,
                record: &records[index],
                outcome: outcomes[index],
                is_named: story.named.contains(&index),
                lane: 0,
            })
            .collect();
        let marks = story.marks.iter().map(|mark| mark.at).filter(|_| is_whole);
        let times = bars.iter().flat_map(|bar| [bar.record.invoked_at, bar.record.returned_at]).chain(marks);
        let (from, until) = times.fold((zero, zero), |(from, until), at| (from.min(at), until.max(at)));
        let from = if is_whole { from } else { bars.first()?.record.invoked_at };
        let count = |outcome| outcomes.iter().filter(|one| **one == outcome).count();
        let counts = Outcome::ALL.map(|outcome| (outcome, count(outcome)));
        let mut scene = Self {
            bars,
            lanes: 0,
            span: Span { zero, from, until },
            counts: counts.into_iter().filter(|(_, count)| *count > 0).collect(),
        };
        scene.pack();
        scene.thin_out(bounds.lanes);
        Some(scene)
    }

    /// Gives each bar the first lane that is free when it begins. What begins together is in the order of its answers.
    fn pack(&mut self) {
        let near = self.span.length() / 100;
        let mut rest = self.bars.as_mut_slice();
        while let Some(first) = rest.first() {
            let until = first.record.invoked_at + near;
            let together = rest.partition_point(|bar| bar.record.invoked_at <= until);
            let (group, later) = rest.split_at_mut(together);
            group.sort_by_key(|bar| bar.record.returned_at);
            rest = later;
        }
        let mut free: Vec<Duration> = Vec::new();
        for bar in &mut self.bars {
            let begins = bar.record.invoked_at;
            bar.lane = free.iter().position(|at| *at <= begins).unwrap_or(free.len());
            if bar.lane == free.len() {
                free.push(Duration::ZERO);
            }
            // The narrowest bar and the gap after it have a width, too.
            free[bar.lane] = bar.record.returned_at.max(begins + near / 2) + near / 4;
        }
        self.lanes = free.len();
    }

    /// Leaves out lanes, evenly, where there are too many; none that has something that the evidence names.
    fn thin_out(&mut self, lanes_max: usize) {
        if self.lanes <= lanes_max {
            return;
        }
        let named = self.bars.iter().filter(|bar| bar.is_named).map(|bar| bar.lane);
        let mut kept: BTreeSet<usize> = named.take(lanes_max).collect();
        let others: Vec<usize> = (0..self.lanes).filter(|lane| !kept.contains(lane)).collect();
        let room = lanes_max - kept.len();
        kept.extend((0..room).map(|place| others[place * others.len() / room]));
        let places: BTreeMap<usize, usize> =
            kept.into_iter().enumerate().map(|(place, lane)| (lane, place)).collect();
        self.bars.retain(|bar| places.contains_key(&bar.lane));
        for bar in &mut self.bars {
            bar.lane = places[&bar.lane];
        }
        self.lanes = places.len();
    }
}

/// The requests that a picture of so many shows: of what the evidence names as much as can be, where the most happens.
fn window(records: &[Record], named: &BTreeSet<usize>, bars_max: usize) -> Range<usize> {
    if records.len() <= bars_max {
        return 0..records.len();
    }
    let windows = (0..=records.len() - bars_max).map(|first| first..first + bars_max);
    let busiest = windows.min_by_key(|window| {
        let took = records[window.end - 1].invoked_at.saturating_sub(records[window.start].invoked_at);
        (std::cmp::Reverse(named.range(window.clone()).count()), took)
    });
    busiest.expect("there is one")
}
