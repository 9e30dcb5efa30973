/** One movement of money, asked for under its key: the same request every time, so that a retry is a replay. */
import { api, done } from '../api/client';
import { NoAnswer, Refused } from '../api/problem';
import type { Operation, Transaction } from '../api/types';

/** What moves money by itself; what is done with payouts has its own way. */
export type Movement = Extract<
    Operation,
    { type: 'transfer' | 'deposit' | 'withdrawal' | 'top_up' | 'spend' | 'bonus' | 'reversal' }
>;

export interface Attempt {
    movement: Movement;
    key: string;
    /** The version of the wallet that gives, as it was when the person looked at it. */
    version?: number;
    /** What the PIN has given for this very movement. */
    approval?: string;
}

/** Whether the PIN is asked for: for whatever a person takes out of a wallet. */
export function needsPin(movement: Movement): boolean {
    return ['transfer', 'withdrawal', 'spend', 'reversal'].includes(movement.type);
}

/** Asks once. Throws `Refused`, or `NoAnswer` where it may have happened. */
export async function perform({ movement, key, version, approval }: Attempt): Promise<Transaction> {
    const header = {
        'Idempotency-Key': key,
        ...(version === undefined ? {} : { 'If-Match': `"${version}"` }),
        ...(approval === undefined ? {} : { 'Transaction-Approval': approval }),
    };
    const { type, ...body } = movement;
    switch (type) {
        case 'transfer':
            return done(api.POST('/v1/transfers', { params: { header }, body: body as never }));
        case 'deposit':
            return done(api.POST('/v1/deposits', { params: { header }, body: body as never }));
        case 'withdrawal':
            return done(api.POST('/v1/withdrawals', { params: { header }, body: body as never }));
        case 'top_up':
            return done(api.POST('/v1/top-ups', { params: { header }, body: body as never }));
        case 'spend':
            return done(api.POST('/v1/spends', { params: { header }, body: body as never }));
        case 'bonus':
            return done(api.POST('/v1/bonuses', { params: { header }, body: body as never }));
        case 'reversal': {
            const { transaction_id: id, ...rest } = body as Extract<Movement, { type: 'reversal' }>;
            return done(api.POST('/v1/transactions/{id}/reverse', { params: { header, path: { id } }, body: rest }));
        }
    }
}

/** Exchanges the PIN for an approval of this very movement, or of what is to be done with a payout. */
export async function approve(pin: string, operation: Operation): Promise<string> {
    return (await done(api.POST('/v1/auth/step-up', { body: { pin, operation } }))).approval;
}

/** Whether nobody can say what happened: then the same request, under the same key, finds out. */
export function isUnclear(error: unknown): boolean {
    if (error instanceof NoAnswer) return true;
    return error instanceof Refused && error.status >= 500;
}

/** Pauses between questions, in milliseconds: soon at first, then patiently. */
export const CHECK_PAUSES_MS = [300, 700, 1500, 3000, 5000, 8000];

const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/**
 * Asks, and goes on asking until it is known what happened: `ask` must be under one key. `onChecking` is told before each
 * further question. Throws the last error when patience ends.
 */
export async function untilKnown<T>(
    ask: () => Promise<T>,
    onChecking: (question: number) => void = () => undefined,
    pause = sleep,
): Promise<T> {
    for (let question = 0; ; question += 1) {
        try {
            return await ask();
        } catch (error) {
            const wait = CHECK_PAUSES_MS[question];
            if (!isUnclear(error) || wait === undefined) throw error;
            onChecking(question + 1);
            await pause(wait);
        }
    }
}
