/** The fragile wallet beside Florin, with throw-away people of the demo's own. */
import type { Bank, Wallet } from './requests';

const AT = '/lab/specimen';

interface Person {
    id: number;
    token: string;
}

async function post<T>(
    path: string,
    body: unknown,
    token?: string,
    key?: string,
): Promise<{ status: number; body: T }> {
    const headers: Record<string, string> = { 'content-type': 'application/json', 'transaction-pin': '2846' };
    if (token) headers.authorization = `Bearer ${token}`;
    if (key) headers['idempotency-key'] = key;
    const response = await fetch(AT + path, { method: 'POST', headers, body: JSON.stringify(body) });
    return { status: response.status, body: (await response.json()) as T };
}

export function specimenBank(): Bank {
    let person: Promise<Person> | undefined;
    const somebody = () =>
        (person ??= post<Person>('/users', { name: `demo-${crypto.randomUUID()}`, pin: '2846' }).then(
            ({ body }) => body,
        ));

    async function wallet(owner: number): Promise<Wallet> {
        const { body } = await post<{ id: number }>('/wallets', { user_id: owner });
        return { id: body.id, owner };
    }

    return {
        target: 'specimen',
        async open(units) {
            const { id } = await somebody();
            const wallets: [Wallet, Wallet] = [await wallet(id), await wallet(id)];
            await post('/deposits', { wallet_id: wallets[0].id, amount: units });
            return wallets;
        },
        async prepare(from, to, units, key) {
            const { token } = await somebody();
            return async () => {
                const { status, body } = await post<{ code?: string; id?: number }>(
                    '/transfers',
                    { user_id: from.owner, from: from.id, to: to.id, amount: units },
                    token,
                    key,
                );
                if (status < 300) return { outcome: 'done', says: `paid as ${body.id}`, payment: String(body.id) };
                return { outcome: status >= 500 ? 'failed' : 'refused', says: body.code ?? String(status) };
            };
        },
        // It has no versions to send on.
        version: async () => undefined,
        async balances(wallets) {
            const { body } = await post<{ balances: number[] }>('/balances', {
                wallet_ids: wallets.map(({ id }) => id),
            });
            return body.balances;
        },
    };
}
