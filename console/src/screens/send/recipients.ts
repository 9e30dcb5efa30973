/** Whose wallet money goes to: looked up by name or by number, so that a person sees a name before they pay. */
import { queryOptions } from '@tanstack/react-query';
import { api, done } from '../../api/client';

export type Query = { username: string; asset: string } | { wallet_id: number };

export const recipientQuery = (query: Query) =>
    queryOptions({
        queryKey: ['recipient', query],
        queryFn: () => done(api.GET('/v1/recipients', { params: { query } })),
        retry: false,
        staleTime: 60_000,
    });
