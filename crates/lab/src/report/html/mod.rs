//! The report for people who were not there: one file that needs nothing else, no network and no script.
//!
//! What targets said is strangers' text. All of it goes through `maud`, which escapes whatever is not said to be
//! markup, and through [`clean`] in the end; and the page forbids itself to run or fetch anything.

mod attack;
mod records;
mod summary;
#[cfg(test)]
mod tests;

use super::clean::clean;
use super::{Report, timeline};
use maud::{DOCTYPE, Markup, PreEscaped, html};

const STYLE: &str = include_str!("style.css");
/// Nothing may run, and nothing may be fetched.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'";

impl Report {
    /// All of it as a page. `written_at` is the date that it shows.
    pub fn to_html(&self, written_at: &str) -> String {
        let page = html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta http-equiv="Content-Security-Policy" content=(POLICY);
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    title { "Florin: failure lab, " (written_at) }
                    style { (PreEscaped(STYLE)) (PreEscaped(timeline::STYLE)) }
                }
                body {
                    header { (summary::head(self, written_at)) }
                    main {
                        (summary::table(self))
                        (how_to_read())
                        @for attacked in &self.attacks { (attack::section(attacked)) }
                    }
                }
            }
        };
        clean(&page.into_string())
    }
}

fn how_to_read() -> Markup {
    html! {
        details.reading {
            summary { "How to read the pictures" }
            p {
                "Each bar is a request, from the moment in which its last byte was sent until its answer was whole. Bars on "
                "one lane follow each other; bars above each other were under way together. A full bar was done, a hollow "
                "one refused; half a bar was answered as an earlier request with the same key; a thin line moved nothing, it "
                "read; a dashed bar is a request of which nobody said what became of it. What the evidence names has a frame "
                "and its number. Dotted lines through all lanes are what befell the target. Under the time are balances: dots "
                "where they were read, rings where an answer told them. Time is in milliseconds since the round's first "
                "request."
            }
            p {
                "A picture is of one round: the one in which the target broke, or else the last. "
                "The checker of histories reads the same records: " code { "florin lab check report.json" } "."
            }
        }
    }
}
