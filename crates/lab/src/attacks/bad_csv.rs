//! Payout files that are none, and texts that spreadsheets take for formulas.

use super::evidence::Evidence;
use super::payroll::wait;
use super::{Attack, Judgement, Needs, Round};
use crate::call::{Answer, Ask, Wallet};
use crate::money::Money;
use crate::target::Target;
use anyhow::bail;

const BEFORE: i64 = 10_000;
/// Good rows before the bad one, in a file that is bad at its end.
const GOOD_ROWS: usize = 30;

pub(super) const ATTACK: Attack = Attack {
    id: "bad-csv",
    does: "payout files in UTF-16, with a NUL, ragged rows, a column twice, an open quote, a bad last row, and formulas as \
           texts; each is executed whatever was said of it, and what can be exported is fetched",
    expected: "what is bad is refused with the line of its fault, and none of its rows is paid; what is good is paid; no \
               cell of an exported file is a formula",
    fault: "stores row after row until it stumbles, reads past what it does not expect, and exports what it was given",
    needs: Needs::Address,
    run: |round| Box::pin(run(round)),
};

/// A file, and what is to be said of it.
struct File {
    what: &'static str,
    bytes: Vec<u8>,
    /// The line of its fault; `None` where it has none, and the first receiver gets `PAID`.
    bad_line: Option<u64>,
}

const HEADER: &str = "recipient_id,amount,reference\n";
const PAID: i64 = 5;

async fn run(round: Round<'_>) -> Judgement {
    let target = round.target;
    let source = target.wallet(&target.people.alice, Money::whole(BEFORE)).await?;
    let receivers = [
        target.wallet(&target.people.bob, Money::ZERO).await?,
        target.wallet(&target.people.bob, Money::ZERO).await?,
    ];
    let mut evidence = Evidence::default();
    let mut answers = Vec::new();
    for file in files(receivers) {
        answers.push(attempt(target, source, receivers, &file, &mut evidence).await?);
    }
    evidence.judge(&answers)
}

/// Uploads the file, executes what there is of it, and looks at what was paid and exported.
async fn attempt(
    target: &Target,
    source: Wallet,
    receivers: [Wallet; 2],
    file: &File,
    evidence: &mut Evidence,
) -> anyhow::Result<Answer> {
    let File { what, bytes, bad_line } = file;
    let wallets = [source, receivers[0], receivers[1]];
    let before = target.balances(&wallets).await?;
    let payout = target.must_do(Ask::OpenPayout { source }).await?;
    let answer = target.house(Ask::UploadRows { payout: payout.clone(), csv: bytes.clone() }).await;
    judge_answer(what, *bad_line, &answer, evidence);
    // Somebody who has not read the refusal executes it all the same.
    let rows = answer.id().map_or_else(|| "0".repeat(64), str::to_owned);
    let execute = Ask::ExecutePayout { payout: payout.clone(), rows };
    if target.house(execute.clone()).await.is_done() {
        wait(target, &execute).await?;
    }
    let mut exported = Vec::new();
    for file in [Ask::ReadErrors { payout: payout.clone() }, Ask::ReadResults { payout }] {
        match target.house(file).await {
            Answer::File { text } => exported.push(text),
            other => bail!("a payout's file could not be read: {other}"),
        }
    }
    evidence.against_if(exported.iter().any(|file| has_formula(file)), || {
        format!("{what}: a file that is exported has a cell that spreadsheets take for a formula")
    });

    let after = target.balances(&wallets).await?;
    let owed = if bad_line.is_none() { Money::whole(PAID) } else { Money::ZERO };
    evidence.must_be(&format!("{what}: what the source paid"), owed, before[0] - after[0]);
    evidence.must_be(&format!("{what}: what the first receiver got"), owed, after[1] - before[1]);
    evidence.must_be(&format!("{what}: what the second receiver got"), Money::ZERO, after[2] - before[2]);
    Ok(answer)
}

fn judge_answer(what: &str, bad_line: Option<u64>, answer: &Answer, evidence: &mut Evidence) {
    match (bad_line, answer) {
        (None, answer) => evidence.against_if(!answer.is_done(), || format!("{what} is good: {answer}")),
        (Some(_), Answer::Refused { line, .. }) => evidence.against_if(*line != bad_line, || {
            format!("{what} was refused without the line of its fault: {answer}")
        }),
        (Some(_), answer) => evidence.against_if(true, || format!("{what} was not refused: {answer}")),
    }
}

fn files([one, other]: [Wallet; 2]) -> Vec<File> {
    let (one, other) = (one.id, other.id);
    let good = format!("{HEADER}{one},{PAID}.00,rent\n");
    let bad =
        |what, bad_line, text: String| File { what, bytes: text.into_bytes(), bad_line: Some(bad_line) };
    let fine = |what, text: String| File { what, bytes: text.into_bytes(), bad_line: None };
    let second = |row: &str| format!("{good}{row}\n");
    let many = format!("{HEADER}{}nobody,1.00,rent\n", format!("{one},0.01,rent\n").repeat(GOOD_ROWS));
    vec![
        fine("a file with a byte order mark and CRLF", format!("\u{feff}{}", good.replace('\n', "\r\n"))),
        fine("a text that begins with a minus", good.replace("rent", "-2+3+cmd|' /C calc'!A0")),
        bad("a text that is a formula", 3, second(&format!("{other},1.00,=cmd|' /C calc'!A0"))),
        File { what: "a file in UTF-16", bytes: utf_16(&good), bad_line: Some(1) },
        bad("a file with a NUL", 3, second(&format!("{other},1.00,re\0nt"))),
        bad("a row that is too short", 3, second(&format!("{other},1.00"))),
        bad("a row that is too long", 3, second(&format!("{other},1,000.00,rent"))),
        bad("a column that is there twice", 1, good.replace("reference", "amount")),
        bad("a quote that is never closed", 3, second(&format!("{other},1.00,\"rent"))),
        bad("a file whose last row is for nobody", GOOD_ROWS as u64 + 2, many),
    ]
}

/// With its byte order mark, the least byte first.
fn utf_16(text: &str) -> Vec<u8> {
    "\u{feff}".encode_utf16().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect()
}

/// Whether a cell begins with what spreadsheets take for a formula, in quotes or not.
fn has_formula(csv: &str) -> bool {
    let (mut is_quoted, mut begins) = (false, true);
    for character in csv.chars() {
        match character {
            '"' => is_quoted = !is_quoted,
            ',' | '\n' | '\r' if !is_quoted => begins = true,
            '=' | '+' | '-' | '@' | '\t' if begins => return true,
            _ => begins = false,
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::has_formula;

    #[test]
    fn formulas_are_found_where_cells_begin() {
        for csv in ["=1", "a,+1", "a\n-1", "a,\"@b\"", "\"a,b\",\"=1\"", "a\r\n\t=1"] {
            assert!(has_formula(csv), "{csv}");
        }
        for csv in ["", "a=1,b-c", "'=1,\"'+1\"", "\"begin with =, + or @\",b", "\"a \"\"=b\"\"\",c"] {
            assert!(!has_formula(csv), "{csv}");
        }
    }
}
