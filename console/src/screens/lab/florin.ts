/** Florin, for the demos: wallets of one's own that are opened for a demo, in an asset that one has. */
import { api, done } from '../../api/client';
import { Refused } from '../../api/problem';
import { accessToken } from '../../auth/session';
import { randomKey } from '../../movements/draft';
import { approve } from '../../movements/perform';
import type { Bank, Wallet } from './requests';

/** Whose demo it is, what is moved, and the PIN that each movement is approved with: kept while the demo runs. */
export interface Setting {
    userId: number;
    asset: string;
    scale: number;
    /** The wallet that funds the demo's. */
    source: number;
    pin: string;
}

export function florinBank(setting: Setting): Bank {
    const amountOf = (units: number) => (setting.scale === 0 ? String(units) : `${units}.${'0'.repeat(setting.scale)}`);

    async function wallet(): Promise<Wallet> {
        const name = `demo ${crypto.randomUUID().slice(0, 8)}`;
        const opened = await done(
            api.POST('/v1/wallets', {
                params: { header: { 'Idempotency-Key': randomKey() } },
                body: { asset: setting.asset, name },
            }),
        );
        return { id: opened.id, owner: setting.userId };
    }

    /** With the approval that the PIN gives for this very movement; a retry uses it again, under the same key. */
    async function transfer(
        from: number,
        to: number,
        units: number,
        key: string,
        version?: number,
    ): Promise<() => Promise<Response>> {
        const movement = { type: 'transfer' as const, from_wallet_id: from, to_wallet_id: to, amount: amountOf(units) };
        const headers: Record<string, string> = {
            authorization: `Bearer ${await accessToken()}`,
            'content-type': 'application/json',
            'idempotency-key': key,
            'transaction-approval': await approve(setting.pin, movement),
        };
        if (version !== undefined) headers['if-match'] = `"${version}"`;
        const { type: _, ...body } = movement;
        return () => fetch('/v1/transfers', { method: 'POST', headers, body: JSON.stringify(body) });
    }

    return {
        target: 'florin',
        async open(units) {
            const wallets: [Wallet, Wallet] = [await wallet(), await wallet()];
            const fund = await transfer(setting.source, wallets[0].id, units, randomKey());
            const funded = await fund();
            if (!funded.ok) throw new Refused(await funded.json(), funded.status);
            return wallets;
        },
        async prepare(from, to, units, key, version) {
            const send = await transfer(from.id, to.id, units, key, version);
            return async () => {
                const response = await send();
                const body = (await response.json()) as { code?: string; id?: string };
                if (!response.ok)
                    return {
                        outcome: response.status >= 500 ? 'failed' : 'refused',
                        says: body.code ?? String(response.status),
                    };
                const isReplay = response.headers.get('idempotency-replayed') === 'true';
                return {
                    outcome: isReplay ? 'replayed' : 'done',
                    says: isReplay ? 'the first answer again' : 'paid',
                    payment: body.id,
                };
            };
        },
        async version({ id }) {
            return (await done(api.GET('/v1/wallets/{id}', { params: { path: { id } } }))).version;
        },
        async balances(wallets) {
            const { balances } = await done(
                api.POST('/v1/wallets/balances', { body: { wallet_ids: wallets.map(({ id }) => id) } }),
            );
            // Demos move small whole units.
            return wallets.map(({ id }) => Number(balances.find((one) => one.wallet_id === id)?.posted ?? NaN));
        },
    };
}
