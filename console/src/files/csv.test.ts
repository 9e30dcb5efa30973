import { expect, it } from 'vitest';
import { fromCsv, toCsv } from './csv';

it('quotes what has to be and disarms formulas, but not amounts', () => {
    const csv = toCsv(
        ['a', 'b'],
        [
            ['x,"y"', '=cmd()'],
            ['-12.50', '@sum'],
            ['two\nlines', undefined],
        ],
    );
    expect(csv).toBe('a,b\r\n"x,""y""",\'=cmd()\r\n-12.50,\'@sum\r\n"two\nlines",\r\n');
});

it('reads what it writes', () => {
    const rows = [
        ['row', 'note'],
        ['1', 'plain'],
        ['2', 'a "quote", a comma'],
        ['3', 'two\nlines'],
        ['4', ''],
    ];
    expect(fromCsv(toCsv(rows[0] ?? [], rows.slice(1)))).toEqual(rows);
    expect(fromCsv('a,b\n\n1,')).toEqual([
        ['a', 'b'],
        ['1', ''],
    ]);
    expect(fromCsv('')).toEqual([]);
    expect(() => fromCsv('a,"b')).toThrow(/quote/);
});
