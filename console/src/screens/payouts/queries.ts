/** What the screens of payouts read. */
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { api, done, fetchRaw } from '../../api/client';
import type { components } from '../../api/schema';
import type { PayoutRow } from '../../api/types';
import { fromCsv } from '../../files/csv';

export type RowState = components['schemas']['PayoutRowState'];

export const payoutsQuery = infiniteQueryOptions({
    queryKey: ['payouts'],
    queryFn: ({ pageParam: cursor }) =>
        done(api.GET('/v1/payouts', { params: { query: { limit: 50, ...(cursor ? { cursor } : {}) } } })),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
});

export const payoutQuery = (id: number) =>
    queryOptions({
        queryKey: ['payout', id],
        queryFn: () => done(api.GET('/v1/payouts/{id}', { params: { path: { id } } })),
    });

export const preflightQuery = (id: number, digest: string) =>
    queryOptions({
        queryKey: ['payout', id, 'preflight', digest],
        queryFn: () => done(api.GET('/v1/payouts/{id}/preflight', { params: { path: { id } } })),
    });

export const rowsQuery = (id: number, state?: RowState) =>
    infiniteQueryOptions({
        queryKey: ['payout', id, 'rows', state],
        queryFn: ({ pageParam: cursor }) =>
            done(
                api.GET('/v1/payouts/{id}/rows', {
                    params: {
                        path: { id },
                        query: { limit: 100, ...(state ? { state } : {}), ...(cursor ? { cursor } : {}) },
                    },
                }),
            ),
        initialPageParam: undefined as string | undefined,
        getNextPageParam: (page: { data: PayoutRow[]; next_cursor?: string | null }) => page.next_cursor ?? undefined,
    });

/** A row of a draft that has faults. */
export interface FaultyRow {
    row: string;
    recipient_id: string;
    amount: string;
    reference: string;
    memo: string;
    error: string;
}

export const CELLS = ['recipient_id', 'amount', 'reference', 'memo'] as const;

export const faultyRowsQuery = (id: number, version: number) =>
    queryOptions({
        queryKey: ['payout', id, 'faulty', version],
        queryFn: async (): Promise<FaultyRow[]> => {
            const text = await (await fetchRaw(`/v1/payouts/${id}/errors.csv`, {})).text();
            const [header = [], ...rows] = fromCsv(text);
            return rows.map(
                (row) =>
                    Object.fromEntries(header.map((name, place) => [name, row[place] ?? ''])) as unknown as FaultyRow,
            );
        },
    });

/** Which columns of a faulty row are bad: its error names them. */
export function badCells(error: string): Set<string> {
    return new Set([...CELLS, 'row'].filter((column) => new RegExp(`(, |; |^)${column}: `).test(error)));
}
