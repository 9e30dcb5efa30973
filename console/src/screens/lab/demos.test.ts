import { expect, it, vi } from 'vitest';
import type { Bank, Outcome } from './requests';

vi.hoisted(() => vi.stubGlobal('location', { origin: 'http://florin.test' }));
const { DEMOS } = await import('./demos');

/** A bank that reads, waits, and writes; or one that does it in one step, and knows its keys. */
function bank(isFragile: boolean): Bank {
    const held = new Map<number, number>();
    const keys = new Set<string>();
    const versions = new Map<number, number>();
    const tick = () => new Promise((resolve) => setTimeout(resolve, 1));
    return {
        target: isFragile ? 'specimen' : 'florin',
        async open(amount) {
            const id = held.size;
            held.set(id, amount).set(id + 1, 0);
            return [
                { id, owner: 1 },
                { id: id + 1, owner: 1 },
            ];
        },
        version: async ({ id }) => (isFragile ? undefined : (versions.get(id) ?? 0)),
        async prepare(from, to, amount, key, version) {
            return async (): Promise<Outcome> => {
                if (!isFragile && keys.has(key)) return { outcome: 'replayed', says: '', payment: key };
                keys.add(key);
                if (version !== undefined && version !== (versions.get(from.id) ?? 0))
                    return { outcome: 'refused', says: '' };
                versions.set(from.id, (versions.get(from.id) ?? 0) + 1);
                const [has = 0, got = 0] = [held.get(from.id), held.get(to.id)];
                if (isFragile) await tick();
                if (has < amount) return { outcome: 'refused', says: '' };
                held.set(from.id, has - amount);
                if (isFragile) await tick();
                held.set(to.id, (isFragile ? (held.get(to.id) ?? 0) : got) + amount);
                await tick();
                return { outcome: 'done', says: '', payment: isFragile ? String(Math.random()) : key };
            };
        },
        async balances(wallets) {
            await new Promise((resolve) => setTimeout(resolve, 0));
            return wallets.map(({ id }) => held.get(id) ?? NaN);
        },
    };
}

it.each(DEMOS.map((demo) => [demo.id, demo] as const))(
    '%s tells a fragile bank from one that holds',
    async (_, demo) => {
        expect((await demo.run(bank(false), () => undefined, 12)).holds).toBe(true);
        expect((await demo.run(bank(true), () => undefined, 12)).holds).toBe(false);
    },
);
