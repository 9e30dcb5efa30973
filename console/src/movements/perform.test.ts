import { describe, expect, it, vi } from 'vitest';
import { NoAnswer, Refused } from '../api/problem';
import { CHECK_PAUSES_MS, isUnclear, perform, untilKnown, type Attempt } from './perform';

// The client asks the page's own origin.
vi.hoisted(() => vi.stubGlobal('location', { origin: 'http://florin.test' }));

const attempt: Attempt = {
    movement: { type: 'transfer', from_wallet_id: 1, to_wallet_id: 2, amount: '1.00' },
    key: 'console-1',
    version: 7,
    approval: 'fta_x',
};
const json = (status: number, body: unknown) =>
    new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json' } });
const problem = (status: number, code: string) => json(status, { code, detail: code, status });

describe('a movement', () => {
    function answers(...all: (Response | Error)[]) {
        const asked: Request[] = [];
        vi.stubGlobal('fetch', async (request: Request) => {
            asked.push(request);
            const answer = all.shift();
            if (answer instanceof Error || answer === undefined) throw answer ?? new Error('nobody was to ask again');
            return answer;
        });
        return asked;
    }

    it('is asked for again under the same key while nobody says what happened', async () => {
        const asked = answers(new TypeError('cut'), problem(503, 'outcome_unknown'), json(201, { id: 't' }));
        const checks: number[] = [];
        const done = await untilKnown(
            () => perform(attempt),
            (question) => checks.push(question),
            async () => undefined,
        );
        expect(done).toEqual({ id: 't' });
        expect(checks).toEqual([1, 2]);
        expect(asked).toHaveLength(3);
        const bodies = await Promise.all(asked.map((request) => request.text()));
        expect(new Set(bodies).size).toBe(1);
        for (const request of asked) {
            expect(request.headers.get('idempotency-key')).toBe('console-1');
            expect(request.headers.get('if-match')).toBe('"7"');
            expect(request.headers.get('transaction-approval')).toBe('fta_x');
        }
    });

    it('is not asked for again once it was refused', async () => {
        const asked = answers(problem(422, 'insufficient_funds'));
        await expect(
            untilKnown(
                () => perform(attempt),
                () => undefined,
            ),
        ).rejects.toBeInstanceOf(Refused);
        expect(asked).toHaveLength(1);
    });

    it('ends unknown when patience ends', async () => {
        const asked = answers(...Array.from({ length: CHECK_PAUSES_MS.length + 1 }, () => new TypeError('cut')));
        await expect(
            untilKnown(
                () => perform(attempt),
                () => undefined,
                async () => undefined,
            ),
        ).rejects.toBeInstanceOf(NoAnswer);
        expect(asked).toHaveLength(CHECK_PAUSES_MS.length + 1);
    });

    it('is unclear only where it may have happened', () => {
        const refused = (status: number) => new Refused({ code: 'x', detail: 'x' } as never, status);
        expect(isUnclear(new NoAnswer('cut'))).toBe(true);
        expect(isUnclear(refused(503))).toBe(true);
        expect(isUnclear(refused(422))).toBe(false);
        expect(isUnclear(refused(429))).toBe(false);
    });
});
