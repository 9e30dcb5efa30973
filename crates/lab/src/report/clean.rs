//! The last step of every page and picture: what is markup is escaped when it is written; what no document may
//! hold, or what would show letters in another order than they are in, is replaced here, wherever it stands.

/// The text, with a replacement character for each that may not be in it.
pub(super) fn clean(text: &str) -> String {
    text.chars().map(|letter| if may_stand(letter) { letter } else { '\u{fffd}' }).collect()
}

fn may_stand(letter: char) -> bool {
    let turns_order = matches!(letter, '\u{200e}' | '\u{200f}' | '\u{061c}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let is_no_letter = matches!(letter, '\u{fffe}' | '\u{ffff}');
    letter == '\n' || !(letter.is_control() || turns_order || is_no_letter)
}
