//! What an oracle gathers.

use super::Judgement;
use crate::call::Answer;
use crate::money::Money;
use anyhow::bail;

/// What must not be.
#[derive(Debug, Default)]
pub(super) struct Evidence(Vec<String>);

impl Evidence {
    /// Against the target, if it is so.
    pub(super) fn against_if(&mut self, is_so: bool, says: impl FnOnce() -> String) {
        if is_so {
            self.0.push(says());
        }
    }

    /// Against the target, if `what` is not what it must be.
    pub(super) fn must_be(&mut self, what: &str, must: Money, is: Money) {
        self.against_if(must != is, || format!("{what}: it must be {must}, and is {is}"));
    }

    /// Whether nothing speaks against the target so far.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The judgement. Where nothing speaks against the target, every answer must have said what happened.
    pub(super) fn judge(self, answers: &[Answer]) -> Judgement {
        if self.0.is_empty()
            && let Some(answer) = answers.iter().find(|answer| answer.is_unclear())
        {
            bail!("an answer does not say what happened: {answer}");
        }
        Ok(self.0)
    }
}

/// How many were done.
pub(super) fn done(answers: &[Answer]) -> usize {
    answers.iter().filter(|answer| answer.is_done()).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_is_no_acquittal() {
        let unclear = Answer::Unclear { why: "cut".to_owned() };
        assert!(Evidence::default().judge(std::slice::from_ref(&unclear)).is_err());
        assert_eq!(Evidence::default().judge(&[]).unwrap(), Vec::<String>::new());
        let mut evidence = Evidence::default();
        evidence.must_be("the wallet", Money::whole(1), Money::whole(2));
        assert_eq!(evidence.judge(&[unclear]).unwrap(), ["the wallet: it must be 1.00, and is 2.00"]);
    }
}
