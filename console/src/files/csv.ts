/** Tables as CSV (RFC 4180), safe for whoever opens them in a spreadsheet. */

/** A cell that begins like a formula is text: a spreadsheet must not run it. */
function cell(value: string | number | undefined | null): string {
    const text = value === undefined || value === null ? '' : String(value);
    const isFormula = /^[=+@\t\r]/.test(text) || (/^-/.test(text) && !/^-\d+(\.\d+)?$/.test(text));
    const safe = isFormula ? `'${text}` : text;
    return /[",\r\n]/.test(safe) ? `"${safe.replace(/"/g, '""')}"` : safe;
}

export function toCsv(header: string[], rows: (string | number | undefined | null)[][]): string {
    return [header, ...rows].map((row) => row.map(cell).join(',')).join('\r\n') + '\r\n';
}

/** Reads a table, quotes and all; rows that are empty are none. */
export function fromCsv(text: string): string[][] {
    const rows: string[][] = [];
    let row: string[] = [];
    // A quoted cell, or one up to the next separator; and the separator.
    const cellAndEnd = /("(?:[^"]|"")*"|[^",\r\n]*)(,|\r\n|\n|\r|$)/y;
    while (cellAndEnd.lastIndex < text.length || row.length > 0) {
        const match = cellAndEnd.exec(text);
        if (!match) throw new Error('That is no CSV file: a quote is not closed, or stands inside a cell.');
        const [, raw = '', end] = match;
        row.push(raw.startsWith('"') ? raw.slice(1, -1).replace(/""/g, '"') : raw);
        if (end === ',') continue;
        if (row.length > 1 || row[0] !== '') rows.push(row);
        row = [];
        if (end === '') break;
    }
    return rows;
}
