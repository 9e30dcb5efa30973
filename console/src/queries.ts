/** What the screens read, by name. Money that moved makes all of it stale. */
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { api, done, fetchRaw } from './api/client';
import type { Asset, TransactionStatus, TransactionType, User } from './api/types';

const PAGE = 50;

export interface ConsoleConfig {
    version: string;
    demo: boolean;
    lab: boolean;
    store: 'sqlite' | 'postgres';
}

export const configQuery = queryOptions({
    queryKey: ['config'],
    queryFn: async (): Promise<ConsoleConfig> => (await fetchRaw('/console/config.json', {})).json(),
    staleTime: Infinity,
});

/** Who is signed in here: always a person. */
export const meQuery = queryOptions({
    queryKey: ['me'],
    queryFn: async (): Promise<User> => {
        const me = await done(api.GET('/v1/me'));
        if (me.type !== 'user') throw new Error('A service is no person to sign in here.');
        return me;
    },
    staleTime: 5 * 60_000,
});

export const assetsQuery = queryOptions({
    queryKey: ['assets'],
    queryFn: async (): Promise<Asset[]> => (await done(api.GET('/v1/assets'))).data,
    staleTime: 60_000,
});

export interface WalletFilter {
    user_id?: number;
    asset?: string;
    status?: 'active' | 'frozen' | 'closed';
}

export const walletsQuery = (filter: WalletFilter = {}) =>
    infiniteQueryOptions({
        queryKey: ['wallets', filter],
        queryFn: ({ pageParam: cursor }) =>
            done(api.GET('/v1/wallets', { params: { query: { ...filter, limit: 100, ...cursorOf(cursor) } } })),
        initialPageParam: undefined as string | undefined,
        getNextPageParam: nextCursor,
    });

/** With the ETag that changes of it are conditional on. */
export const walletQuery = (id: number) =>
    queryOptions({
        queryKey: ['wallet', id],
        queryFn: () => done(api.GET('/v1/wallets/{id}', { params: { path: { id } } })),
    });

export interface EntryFilter {
    direction?: 'DEBIT' | 'CREDIT';
    type?: TransactionType;
    from?: string;
    until?: string;
}

export const entriesQuery = (id: number, filter: EntryFilter = {}, limit = PAGE) =>
    infiniteQueryOptions({
        queryKey: ['entries', id, filter, limit],
        queryFn: ({ pageParam: cursor }) =>
            done(
                api.GET('/v1/wallets/{id}/entries', {
                    params: { path: { id }, query: { ...filter, limit, ...cursorOf(cursor) } },
                }),
            ),
        initialPageParam: undefined as string | undefined,
        getNextPageParam: nextCursor,
    });

export interface TransactionFilter {
    wallet_id?: number;
    user_id?: number;
    type?: TransactionType;
    status?: TransactionStatus;
    asset?: string;
    from?: string;
    until?: string;
}

export const transactionsQuery = (filter: TransactionFilter = {}, limit = PAGE) =>
    infiniteQueryOptions({
        queryKey: ['transactions', filter, limit],
        queryFn: ({ pageParam: cursor }) =>
            done(api.GET('/v1/transactions', { params: { query: { ...filter, limit, ...cursorOf(cursor) } } })),
        initialPageParam: undefined as string | undefined,
        getNextPageParam: nextCursor,
    });

export const transactionQuery = (id: string) =>
    queryOptions({
        queryKey: ['transaction', id],
        queryFn: () => done(api.GET('/v1/transactions/{id}', { params: { path: { id } } })),
    });

export const usersQuery = infiniteQueryOptions({
    queryKey: ['users'],
    queryFn: ({ pageParam: cursor }) =>
        done(api.GET('/v1/users', { params: { query: { limit: PAGE, ...cursorOf(cursor) } } })),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: nextCursor,
});

function cursorOf(cursor: string | undefined): { cursor?: string } {
    return cursor === undefined ? {} : { cursor };
}

function nextCursor(page: { next_cursor?: string | null }): string | undefined {
    return page.next_cursor ?? undefined;
}
