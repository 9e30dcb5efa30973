//! What one read shows by itself: an entry of what was refused.

use crate::history::{Anomaly, Answer, Findings, Movement, Question, check::Books};
use std::collections::HashMap;

pub(super) fn check(books: &Books<'_>, findings: &mut Findings) {
    let mut refused: HashMap<&str, usize> = HashMap::new();
    for (index, operation) in books.history.operations.iter().enumerate() {
        if let (Question::Move(Movement { key: Some(key), .. }), Answer::Refused { .. }) =
            (&operation.asked, &operation.answered)
            && books.effect_of_key(key).is_none()
        {
            refused.insert(key, index);
        }
    }
    for (index, operation) in books.history.operations.iter().enumerate() {
        let Answer::Lines(lines) = &operation.answered else { continue };
        for line in lines {
            if let Some(no) = line.key.as_deref().and_then(|key| refused.get(key)) {
                findings.add(Anomaly::AbortedRead, &[*no, index], || {
                    format!("#{index} lists transaction {}, which #{no} was refused", line.transaction)
                });
            }
        }
    }
}
