//! What is read of each file: its rows, then how many they are or why there are no more.

/// `#number at line: amount to recipient reference memo`, or `#number at line: faults in cells`; last `rows: count`, or
/// `line:column code: sentence`.
pub(super) const FILES: &[(&str, &[&str])] = &[
    (
        "bad_blank.csv",
        &["4 file_empty: The file is empty. Its first line names the columns: recipient_id,amount."],
    ),
    ("bad_column_duplicate.csv", &["1:3 column_duplicate: The column amount is there twice. Remove one."]),
    (
        "bad_column_missing.csv",
        &[
            "1 column_missing: The column amount is missing. The first line names the columns, with commas between them.",
        ],
    ),
    (
        "bad_column_unknown.csv",
        &[
            "1:3 column_unknown: \"iban\" is no column of a payout file. The first line names them: recipient_id, amount, and where wanted reference and memo.",
        ],
    ),
    (
        "bad_column_unnamed.csv",
        &[
            "1:3 column_unknown: \"\" is no column of a payout file. The first line names them: recipient_id, amount, and where wanted reference and memo.",
        ],
    ),
    (
        "bad_cut_character.csv",
        &["2:13 not_utf8: What stands here is no UTF-8. Save the file as \"CSV UTF-8\"."],
    ),
    (
        "bad_empty.csv",
        &["1 file_empty: The file is empty. Its first line names the columns: recipient_id,amount."],
    ),
    (
        "bad_header_missing.csv",
        &[
            "1:1 column_unknown: \"17\" is no column of a payout file. The first line names them: recipient_id, amount, and where wanted reference and memo.",
        ],
    ),
    (
        "bad_header_only.csv",
        &["2 rows_missing: The file has a header and no rows. Write one line for everybody to pay."],
    ),
    (
        "bad_latin1.csv",
        &[
            "#1 at 2: 12.50 to 17 \"Löhne\"",
            "3:11 not_utf8: What stands here is no UTF-8. Save the file as \"CSV UTF-8\".",
        ],
    ),
    (
        "bad_line_too_long.csv",
        &[
            "#1 at 2: 12.50 to 17  \"first\"",
            "3 row_too_long: The row that begins here is longer than 16384 bytes. Most likely it has a quote that is opened and never closed.",
        ],
    ),
    (
        "bad_mending_row_no_number.csv",
        &[
            "2 row_number_invalid: \"three\" is no row to mend. The column row has the row's number, and the upload has rows 1 to 99.",
        ],
    ),
    (
        "bad_mending_row_twice.csv",
        &[
            "#3 at 2: 12.50 to 17",
            "#4 at 3: 12.50 to 18",
            "4 row_number_duplicate: Row 3 is there twice. Keep the line that is right.",
        ],
    ),
    (
        "bad_mending_row_zero.csv",
        &[
            "#3 at 2: 12.50 to 17",
            "3 row_number_invalid: \"0\" is no row to mend. The column row has the row's number, and the upload has rows 1 to 99.",
        ],
    ),
    (
        "bad_mending_without_row.csv",
        &[
            "1 column_missing: The column row is missing. The first line names the columns, with commas between them.",
        ],
    ),
    (
        "bad_nul.csv",
        &[
            "#1 at 2: 12.50 to 17",
            "3:4 nul_byte: The file has a NUL byte here, so it is no text. Save it as \"CSV UTF-8\".",
        ],
    ),
    (
        "bad_quote_unclosed.csv",
        &[
            "#1 at 2: 12.50 to 17  \"first\"",
            "3 quote_unclosed: The row that begins here has a quote that is opened and never closed.",
        ],
    ),
    (
        "bad_quote_unclosed_in_long_file.csv",
        &[
            "#1 at 2: 12.50 to 17  \"first\"",
            "3 row_too_long: The row that begins here is longer than 16384 bytes. Most likely it has a quote that is opened and never closed.",
        ],
    ),
    (
        "bad_semicolons.csv",
        &["1:1 separator_invalid: The columns stand apart by ';'. Write commas: recipient_id,amount."],
    ),
    ("bad_utf16be.csv", &["1:1 utf16: The file is UTF-16. Save it as \"CSV UTF-8\"."]),
    ("bad_utf16be_mark.csv", &["1:1 utf16: The file is UTF-16. Save it as \"CSV UTF-8\"."]),
    ("bad_utf16le.csv", &["1:1 utf16: The file is UTF-16. Save it as \"CSV UTF-8\"."]),
    ("bad_utf16le_mark.csv", &["1:1 utf16: The file is UTF-16. Save it as \"CSV UTF-8\"."]),
    (
        "good_all_columns.csv",
        &["#1 at 2: 12.50 to 17 \"June\" \"For the first week\"", "#2 at 3: 0.01 to user:alice", "rows: 2"],
    ),
    ("good_blank_lines.csv", &["#1 at 5: 12.50 to 17", "#2 at 8: 0.01 to user:alice", "rows: 2"]),
    (
        "good_byte_order_mark.csv",
        &["#1 at 2: 12.50 to 17 \"June\" \"For the first week\"", "#2 at 3: 0.01 to user:alice", "rows: 2"],
    ),
    (
        "good_columns_in_any_order.csv",
        &["#1 at 2: 12.50 to 17 \"June\" \"For the first week\"", "#2 at 3: 0.01 to user:alice", "rows: 2"],
    ),
    (
        "good_cr.csv",
        &["#1 at 2: 12.50 to 17 \"June\" \"For the first week\"", "#2 at 3: 0.01 to user:alice", "rows: 2"],
    ),
    (
        "good_crlf.csv",
        &["#1 at 2: 12.50 to 17 \"June\" \"For the first week\"", "#2 at 3: 0.01 to user:alice", "rows: 2"],
    ),
    (
        "good_exported.csv",
        &[
            "#1 at 2: 12.50 to 17 \"-1 day\" \"it's '-1' day\"",
            "#2 at 3: 0.01 to user:alice  \"-\"",
            "rows: 2",
        ],
    ),
    ("good_longest_texts.csv", &["#1 at 2: 12.50 to 17 140x'ü' 500x'給'", "rows: 1"]),
    ("good_mending.csv", &["#3 at 2: 12.50 to 17", "#1 at 3: 0.01 to user:alice", "rows: 2"]),
    ("good_no_last_line_break.csv", &["#1 at 2: 12.50 to 17", "#2 at 3: 0.01 to user:alice", "rows: 2"]),
    ("good_plain.csv", &["#1 at 2: 12.50 to 17", "#2 at 3: 0.01 to user:alice", "rows: 2"]),
    (
        "good_quotes.csv",
        &[
            "#1 at 2: 12.50 to 17 \"June, week \\\"one\\\"\" \"an \\\"en\\\" dash\"",
            "#2 at 3: 0.01 to user:alice",
            "rows: 2",
        ],
    ),
    ("good_unicode.csv", &["#1 at 2: 12.50 to 17 \"Löhne für Juni\" \"給料 💰\"", "rows: 1"]),
    (
        "rows_amounts.csv",
        &[
            "#1 at 2: amount amount_missing in \"17\" \"\" \"\" \"\"",
            "#2 at 3: amount amount_zero in \"17\" \"0\" \"\" \"\"",
            "#3 at 4: amount amount_zero in \"17\" \"0.00\" \"\" \"\"",
            "#4 at 5: amount amount_malformed in \"17\" \"-5\" \"\" \"\"",
            "#5 at 6: amount amount_malformed in \"17\" \"+5\" \"\" \"\"",
            "#6 at 7: amount amount_malformed in \"17\" \"5e2\" \"\" \"\"",
            "#7 at 8: amount amount_malformed in \"17\" \"1E2\" \"\" \"\"",
            "#8 at 9: amount amount_malformed in \"17\" \"1,000.00\" \"\" \"\"",
            "#9 at 10: amount amount_malformed in \"17\" \"12,50\" \"\" \"\"",
            "#10 at 11: amount amount_malformed in \"17\" \"1'000\" \"\" \"\"",
            "#11 at 12: amount amount_malformed in \"17\" \"1 000\" \"\" \"\"",
            "#12 at 13: amount amount_malformed in \"17\" \" 5\" \"\" \"\"",
            "#13 at 14: amount amount_malformed in \"17\" \"5 \" \"\" \"\"",
            "#14 at 15: amount amount_malformed in \"17\" \".5\" \"\" \"\"",
            "#15 at 16: amount amount_malformed in \"17\" \"5.\" \"\" \"\"",
            "#16 at 17: amount amount_malformed in \"17\" \"05\" \"\" \"\"",
            "#17 at 18: amount amount_malformed in \"17\" \"0x10\" \"\" \"\"",
            "#18 at 19: amount amount_malformed in \"17\" \"NaN\" \"\" \"\"",
            "#19 at 20: amount amount_malformed in \"17\" \"inf\" \"\" \"\"",
            "#20 at 21: amount amount_malformed in \"17\" \"$5\" \"\" \"\"",
            "#21 at 22: amount amount_malformed in \"17\" \"5 USD\" \"\" \"\"",
            "#22 at 23: amount amount_malformed in \"17\" \"٣\" \"\" \"\"",
            "#23 at 24: amount amount_malformed in \"17\" \"1.2.3\" \"\" \"\"",
            "#24 at 25: amount amount_too_precise in \"17\" \"12.505\" \"\" \"\"",
            "#25 at 26: amount amount_too_precise in \"17\" \"12.500\" \"\" \"\"",
            "#26 at 27: amount amount_too_precise in \"17\" \"0.000000000000000000000001\" \"\" \"\"",
            "#27 at 28: amount amount_malformed in \"17\" \"=1+1\" \"\" \"\"",
            "#28 at 29: 999999999999999999999999999999999999 to 17",
            "#29 at 30: amount amount_too_large in \"17\" \"9999999999999999999999999999999999999\" \"\" \"\"",
            "#30 at 31: amount amount_too_large in \"17\" 60x'9' \"\" \"\"",
            "rows: 30",
        ],
    ),
    (
        "rows_formulas.csv",
        &[
            "#1 at 2: reference text_formula in \"17\" \"12.50\" \"=cmd()|' /C calc'!A0\" \"fine\"",
            "#2 at 3: memo text_formula in \"17\" \"12.50\" \"fine\" \"+1\"",
            "#3 at 4: reference text_formula, memo text_formula in \"17\" \"12.50\" \"@SUM(1)\" \"\\t=1\"",
            "#4 at 5: reference text_formula, memo text_formula in \"17\" \"12.50\" \"  =1\" \"=1\"",
            "#5 at 6: 12.50 to 17 \"-1 is fine\" \"a=b+c@d\"",
            "rows: 5",
        ],
    ),
    (
        "rows_mending.csv",
        &["#5 at 2: amount amount_malformed in \"17\" \"-1\" \"\" \"\"", "#2 at 3: 12.50 to 18", "rows: 2"],
    ),
    (
        "rows_ragged.csv",
        &[
            "#1 at 2: row cells_too_few in \"17\" \"\" \"\" \"\"",
            "#2 at 3: row cells_too_few in \"17\" \"12.50\" \"\" \"\"",
            "#3 at 4: row cells_too_many in \"17\" \"12.50\" \"\" \"a\"",
            "#4 at 5: row cells_too_many in \"17\" \"1\" \"\" \"000.00\"",
            "#5 at 6: row cells_too_few in \"\" \"\" \"\" \"\"",
            "#6 at 7: 12.50 to 17  \"right\"",
            "rows: 6",
        ],
    ),
    (
        "rows_ragged_after_quote.csv",
        &[
            "#1 at 2: memo text_line_break in \"17\" \"1.00\" \"\" \"never closed\\n18,2.00,second\\\"\"",
            "#2 at 4: 3.00 to 19  \"third\"",
            "rows: 2",
        ],
    ),
    (
        "rows_recipients.csv",
        &[
            "#1 at 2: recipient_id recipient_missing in \"\" \"12.50\" \"\" \"\"",
            "#2 at 3: recipient_id recipient_invalid in \"0\" \"12.50\" \"\" \"\"",
            "#3 at 4: recipient_id recipient_invalid in \"-17\" \"12.50\" \"\" \"\"",
            "#4 at 5: recipient_id recipient_invalid in \"+17\" \"12.50\" \"\" \"\"",
            "#5 at 6: recipient_id recipient_invalid in \"017\" \"12.50\" \"\" \"\"",
            "#6 at 7: recipient_id recipient_invalid in \"1e3\" \"12.50\" \"\" \"\"",
            "#7 at 8: recipient_id recipient_invalid in \"17.0\" \"12.50\" \"\" \"\"",
            "#8 at 9: recipient_id recipient_invalid in \" 17\" \"12.50\" \"\" \"\"",
            "#9 at 10: 12.50 to 9223372036854775807",
            "#10 at 11: recipient_id recipient_invalid in \"9223372036854775808\" \"12.50\" \"\" \"\"",
            "#11 at 12: recipient_id recipient_invalid in \"alice\" \"12.50\" \"\" \"\"",
            "#12 at 13: recipient_id recipient_invalid in \"user:\" \"12.50\" \"\" \"\"",
            "#13 at 14: recipient_id recipient_invalid in \"user:al\" \"12.50\" \"\" \"\"",
            "#14 at 15: recipient_id recipient_invalid in \"user:al ice\" \"12.50\" \"\" \"\"",
            "#15 at 16: recipient_id recipient_invalid in \"User:alice\" \"12.50\" \"\" \"\"",
            "#16 at 17: recipient_id recipient_invalid in \"=17\" \"12.50\" \"\" \"\"",
            "#17 at 18: 12.50 to user:alice",
            "rows: 17",
        ],
    ),
    (
        "rows_several_faults.csv",
        &[
            "#1 at 2: recipient_id recipient_invalid, amount amount_malformed, reference text_formula, memo text_line_break in \"alice\" \"-5\" \"=1\" \"a\\nb\"",
            "#2 at 4: 12.50 to 17",
            "#3 at 5: recipient_id recipient_missing, amount amount_missing, reference text_formula in \"\" \"\" \"@\" \"\"",
            "rows: 3",
        ],
    ),
    (
        "rows_texts.csv",
        &[
            "#1 at 2: reference text_too_long, memo text_too_long in \"17\" \"12.50\" 141x'ü' 501x'給'",
            "#2 at 3: reference text_control_character, memo text_control_character in \"17\" \"12.50\" \"a\\tb\" \"\\u{1b}[31mred\"",
            "#3 at 4: reference text_line_break, memo text_line_break in \"17\" \"12.50\" \"two\\nlines\" \"two\\r\\nlines\"",
            "#4 at 7: reference text_control_character, memo text_control_character in \"17\" \"12.50\" \"\\u{85}\" \"\\u{7f}\"",
            "#5 at 8: 12.50 to 17 \"fine\" \"fine\"",
            "rows: 5",
        ],
    ),
];
