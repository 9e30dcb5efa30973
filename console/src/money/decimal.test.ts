import { describe, expect, it } from 'vitest';
import { faultOf, fromMinor, group, normalise, scaleOf, toMinor } from './decimal';

describe('amounts', () => {
    it('are read and written exactly', () => {
        for (const [text, scale, minor] of [
            ['0.10', 2, 10n],
            ['12.5', 2, 1250n],
            ['-0.01', 2, -1n],
            ['7', 0, 7n],
            ['0.000000000000000001', 18, 1n],
            ['99999999999999999999.99', 2, 9999999999999999999999n],
        ] as const) {
            expect(toMinor(text, scale)).toBe(minor);
            expect(toMinor(fromMinor(minor, scale), scale)).toBe(minor);
        }
        expect(fromMinor(-5n, 2)).toBe('-0.05');
        expect(fromMinor(100n, 0)).toBe('100');
    });

    it('are no numbers', () => {
        expect((toMinor('0.1', 1) ?? 0n) + (toMinor('0.2', 1) ?? 0n)).toBe(3n);
        for (const text of ['', '1e3', '0x10', '.5', '5.', '1,000', 'NaN', '１０', '+1', '1.001']) {
            expect(toMinor(text, 2), text).toBeUndefined();
        }
    });

    it('are grouped for people', () => {
        expect(group('1234567.50')).toBe('1,234,567.50');
        expect(group('-999')).toBe('\u2212999');
        expect(group('1000')).toBe('1,000');
        expect(group('0.123456')).toBe('0.123456');
    });

    it('are checked while they are typed', () => {
        expect(faultOf('12.50', 2)).toBeUndefined();
        expect(faultOf('', 2)).toMatch(/Enter/);
        expect(faultOf('-1', 2)).toMatch(/Digits/);
        expect(faultOf('1.005', 2)).toMatch(/at most 2/);
        expect(faultOf('1.5', 0)).toMatch(/no decimals/);
        expect(faultOf('0.00', 2)).toMatch(/above zero/);
    });

    it('lose the separators of thousands and nothing else', () => {
        expect(normalise(' 1,234,567.50 ')).toBe('1234567.50');
        expect(normalise('12,5')).toBe('12,5');
        expect(scaleOf('12.50')).toBe(2);
        expect(scaleOf('12')).toBe(0);
    });
});
