/** All entries that a filter matches, as a file. */
import { api, done } from '../../api/client';
import type { HistoryEntry } from '../../api/types';
import type { EntryFilter } from '../../queries';
import { toCsv } from '../../files/csv';
import { save } from '../../files/save';

const HEADER = [
    'version',
    'created_at',
    'type',
    'direction',
    'amount',
    'balance_after',
    'asset',
    'counterparty_wallet_id',
    'reference',
    'transaction_id',
];
const PAGE = 1000;

export async function downloadEntries(walletId: number, asset: string, filter: EntryFilter): Promise<void> {
    const rows = (await all(walletId, filter)).map((entry) => [
        entry.version,
        entry.created_at,
        entry.type,
        entry.direction,
        entry.amount,
        entry.balance_after,
        asset,
        entry.counterparty_wallet_id,
        entry.reference,
        entry.transaction_id,
    ]);
    save(`wallet-${walletId}.csv`, toCsv(HEADER, rows), 'text/csv');
}

async function all(id: number, filter: EntryFilter): Promise<HistoryEntry[]> {
    const entries: HistoryEntry[] = [];
    for (let cursor: string | undefined; ;) {
        const query = { ...filter, limit: PAGE, ...(cursor ? { cursor } : {}) };
        const page = await done(api.GET('/v1/wallets/{id}/entries', { params: { path: { id }, query } }));
        entries.push(...page.data);
        if (!page.next_cursor) return entries;
        cursor = page.next_cursor;
    }
}
