/** What is done with a payout under the PIN: each asked for once, under a key that survives retries and reloads. */
import { api, done } from '../../api/client';
import type { Operation } from '../../api/types';
import { randomKey } from '../../movements/draft';
import { approve, isUnclear, untilKnown } from '../../movements/perform';

export type PayoutOperation = Extract<
    Operation,
    { type: 'payout_execution' | 'payout_retry' | 'payout_approval' | 'payout_compensation' }
>;

export interface Extras {
    allowDuplicate?: boolean;
}

/** The key of this very operation: the same after a reload, until its answer is known. */
function keyOf(operation: PayoutOperation): [string, string] {
    const name = `florin-payout-${JSON.stringify(operation)}`;
    const key = sessionStorage.getItem(name) ?? randomKey();
    sessionStorage.setItem(name, key);
    return [name, key];
}

export async function perform(
    operation: PayoutOperation,
    pin: string,
    { allowDuplicate = false }: Extras = {},
): Promise<void> {
    const [name, key] = keyOf(operation);
    const approval = await approve(pin, operation);
    try {
        await untilKnown(() => ask(operation, key, approval, allowDuplicate));
    } catch (error) {
        // What is not known yet is asked about under the same key.
        if (!isUnclear(error)) sessionStorage.removeItem(name);
        throw error;
    }
    sessionStorage.removeItem(name);
}

async function ask(
    operation: PayoutOperation,
    key: string,
    approval: string,
    allowDuplicate: boolean,
): Promise<unknown> {
    const path = { id: operation.payout_id };
    const header = { 'Idempotency-Key': key, 'Transaction-Approval': approval };
    switch (operation.type) {
        case 'payout_execution':
            return done(
                api.POST('/v1/payouts/{id}/execute', {
                    params: { path, header },
                    body: { digest: operation.digest, allow_duplicate: allowDuplicate },
                }),
            );
        case 'payout_retry':
            return done(api.POST('/v1/payouts/{id}/retry', { params: { path, header } }));
        case 'payout_approval':
            return done(
                api.POST('/v1/payouts/{id}/approve', {
                    params: { path, header: { 'Transaction-Approval': approval } },
                    body: { digest: operation.digest },
                }),
            );
        case 'payout_compensation': {
            const { rows, filter, allow_partial } = operation;
            return done(
                api.POST('/v1/payouts/{id}/compensate', {
                    params: { path, header },
                    body: {
                        ...(rows ? { rows } : {}),
                        ...(filter ? { filter } : {}),
                        ...(allow_partial ? { allow_partial } : {}),
                    },
                }),
            );
        }
    }
}
