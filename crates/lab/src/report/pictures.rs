//! The pictures of a run as files, for documents.

use super::{Report, timeline};

/// A picture.
#[derive(Clone, Debug)]
pub struct Picture {
    /// The name of its file.
    pub name: String,
    /// The file.
    pub svg: String,
}

impl Report {
    /// What each attack did to each target; nothing for those to which no request was made.
    pub fn pictures(&self) -> Vec<Picture> {
        let all = self.attacks.iter().flat_map(|attacked| {
            attacked.done.iter().filter_map(|done| {
                let svg = timeline::file(attacked.attack.id, done)?;
                Some(Picture { name: format!("{}-{}.svg", attacked.attack.id, done.target), svg })
            })
        });
        all.collect()
    }
}
