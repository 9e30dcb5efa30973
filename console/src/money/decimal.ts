/**
 * Amounts as the server writes them: exact decimal texts. They are compared and added as integers of the smallest unit,
 * never as numbers, which would round them.
 */

/** An amount in the smallest unit of its asset. */
export type Minor = bigint;

/** Reads `-12.50`; undefined if it is no amount or has more decimals than `scale`. */
export function toMinor(text: string, scale: number): Minor | undefined {
    const match = /^(-?)(\d{1,38})(?:\.(\d{1,18}))?$/.exec(text);
    if (!match) return undefined;
    const [, sign, whole = '0', decimals = ''] = match;
    if (decimals.length > scale) return undefined;
    const minor = BigInt(whole + decimals.padEnd(scale, '0'));
    return sign ? -minor : minor;
}

/** Writes it with all decimals of its asset: `12.50`. */
export function fromMinor(minor: Minor, scale: number): string {
    const digits = (minor < 0n ? -minor : minor).toString().padStart(scale + 1, '0');
    const whole = digits.slice(0, digits.length - scale);
    const decimals = scale > 0 ? `.${digits.slice(-scale)}` : '';
    return `${minor < 0n ? '-' : ''}${whole}${decimals}`;
}

/** How many decimals a text has, which the server always writes in full. */
export function scaleOf(text: string): number {
    const point = text.indexOf('.');
    return point < 0 ? 0 : text.length - point - 1;
}

/** For people: `-1,234,567.50`, in digits that line up. The sign is a real minus. */
export function group(text: string): string {
    const match = /^(-?)(\d+)(\.\d+)?$/.exec(text);
    if (!match) return text;
    const [, sign, whole = '', decimals = ''] = match;
    return `${sign ? '\u2212' : ''}${whole.replace(/\B(?=(\d{3})+$)/g, ',')}${decimals}`;
}

/** What stands against an amount that a person typed; undefined if nothing does. */
export function faultOf(text: string, scale: number): string | undefined {
    if (text.trim() === '') return 'Enter an amount.';
    if (!/^\d+(\.\d+)?$/.test(text)) return 'Digits with a point for decimals, such as 12.50.';
    const minor = toMinor(text, scale);
    if (minor === undefined) {
        return scale === 0 ? 'This asset has no decimals.' : `This asset has at most ${scale} decimals.`;
    }
    return minor > 0n ? undefined : 'The amount must be above zero.';
}

/** A typed amount without what people add to read it: spaces, and commas between thousands. */
export function normalise(text: string): string {
    return text.replace(/[\s\u00a0]/g, '').replace(/,(?=\d{3}(\D|$))/g, '');
}
