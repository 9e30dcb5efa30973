//! Which sums some wallets may have, read between two moments.
//!
//! What had returned before the read began is in; what was invoked only after the read returned is not; of the rest
//! any part may be in. That gives a least and a greatest sum, by four running totals.

/// One effect's change of the sum.
pub(super) struct Change {
    pub invoked: u64,
    pub returned: Option<u64>,
    pub by: i128,
    pub operation: usize,
}

/// The running totals.
pub(super) struct Window {
    base: i128,
    invoked: Vec<Step>,
    returned: Vec<Step>,
}

struct Step {
    at: u64,
    raised: i128,
    lowered: i128,
    operation: usize,
}

impl Window {
    /// Totals from `base` on.
    pub(crate) fn new(base: i128, changes: &[Change]) -> Window {
        let invoked = totals(changes, |change| Some(change.invoked));
        let returned = totals(changes, |change| change.returned);
        Window { base, invoked, returned }
    }

    /// The least and the greatest sum that a read of these times may show.
    pub(crate) fn range(&self, invoked: u64, returned: u64) -> (i128, i128) {
        let sure = before(&self.returned, |step| step.at < invoked);
        let open = before(&self.invoked, |step| step.at <= returned);
        let (sure_raised, sure_lowered) = sure.map_or((0, 0), |step| (step.raised, step.lowered));
        let (open_raised, open_lowered) = open.map_or((0, 0), |step| (step.raised, step.lowered));
        (self.base + sure_raised + open_lowered, self.base + sure_lowered + open_raised)
    }

    /// The last operation that had returned before a moment.
    pub(crate) fn last_before(&self, moment: u64) -> Option<usize> {
        before(&self.returned, |step| step.at < moment).map(|step| step.operation)
    }
}

fn totals(changes: &[Change], at: impl Fn(&Change) -> Option<u64>) -> Vec<Step> {
    let mut steps: Vec<Step> = changes
        .iter()
        .filter_map(|change| {
            let (raised, lowered) = (change.by.max(0), change.by.min(0));
            Some(Step { at: at(change)?, raised, lowered, operation: change.operation })
        })
        .collect();
    steps.sort_unstable_by_key(|step| step.at);
    let (mut raised, mut lowered) = (0, 0);
    for step in &mut steps {
        raised += step.raised;
        lowered += step.lowered;
        (step.raised, step.lowered) = (raised, lowered);
    }
    steps
}

fn before(steps: &[Step], is: impl Fn(&Step) -> bool) -> Option<&Step> {
    steps.partition_point(is).checked_sub(1).map(|last| &steps[last])
}
