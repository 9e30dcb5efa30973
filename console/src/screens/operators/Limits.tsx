/** How far wallets may go below zero, and how often anybody may ask. */
import { Alert, Button, Code, Stack, Text, TextInput } from '@mantine/core';
import { queryOptions, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { api, done, fetchRaw } from '../../api/client';
import { Amount } from '../../components/Amount';
import { Page } from '../../components/Page';
import { Panel } from '../../components/Panel';
import { Failure } from '../../components/states';
import { normalise, scaleOf, toMinor } from '../../money/decimal';
import { walletQuery } from '../../queries';

const policyQuery = queryOptions({
    queryKey: ['rate-limit-policy'],
    queryFn: async () => {
        const { headers } = await fetchRaw('/v1/me', {});
        return { policy: headers.get('ratelimit-policy'), left: headers.get('ratelimit') };
    },
});

export function Limits() {
    const policy = useQuery(policyQuery);
    return (
        <Page title="Limits">
            <Panel title="Credit limit of a wallet">
                <CreditLimit />
            </Panel>
            <Panel title="Requests">
                <Stack gap="xs">
                    <Text size="sm">
                        What this server allows you, as its answers say it. It is set in the settings, by who may be
                        asking: people, services, addresses.
                    </Text>
                    {policy.data?.policy ? (
                        <>
                            <Code block>RateLimit-Policy: {policy.data.policy}</Code>
                            <Code block>RateLimit: {policy.data.left}</Code>
                        </>
                    ) : (
                        <Text size="sm" c="dimmed">
                            {policy.isPending ? 'Looking…' : 'No limits are set.'}
                        </Text>
                    )}
                </Stack>
            </Panel>
        </Page>
    );
}

function CreditLimit() {
    const queries = useQueryClient();
    const [idText, setIdText] = useState('');
    const [limit, setLimit] = useState('');
    const id = /^[1-9]\d{0,15}$/.test(idText.trim()) ? Number(idText) : undefined;
    const wallet = useQuery({ ...walletQuery(id ?? 0), enabled: id !== undefined, retry: false });
    const set = useMutation({
        mutationFn: async () => {
            if (!wallet.data) throw new Error('There is no such wallet.');
            return done(
                api.PATCH('/v1/wallets/{id}', {
                    params: { path: { id: wallet.data.id }, header: { 'If-Match': `"${wallet.data.version}"` } },
                    body: { credit_limit: normalise(limit) },
                }),
            );
        },
        onSettled: () => queries.invalidateQueries(),
    });
    const scale = wallet.data ? scaleOf(wallet.data.posted) : 2;
    const minor = toMinor(normalise(limit), scale);
    const fault =
        limit === '' || (minor !== undefined && minor >= 0n)
            ? undefined
            : `An amount of zero or more, with at most ${scale} decimals.`;
    function submit(event: FormEvent) {
        event.preventDefault();
        set.mutate();
    }
    return (
        <form onSubmit={submit}>
            <Stack maw={400}>
                <Text size="sm">How far below zero a wallet may go. 0 for not at all.</Text>
                <TextInput
                    label="Wallet"
                    description="Its number"
                    inputMode="numeric"
                    value={idText}
                    onChange={(event) => setIdText(event.currentTarget.value)}
                    {...(wallet.isError ? { error: 'There is no such wallet.' } : {})}
                />
                {wallet.data && (
                    <Text size="sm">
                        {wallet.data.asset} of user {wallet.data.user_id ?? 'house'}: balance{' '}
                        <Amount value={wallet.data.posted} />, credit limit{' '}
                        <Amount value={wallet.data.credit_limit ?? '0'} />
                    </Text>
                )}
                <TextInput
                    label="New credit limit"
                    inputMode="decimal"
                    value={limit}
                    error={fault}
                    onChange={(event) => setLimit(event.currentTarget.value)}
                />
                {set.isError && <Failure error={set.error} />}
                {set.isSuccess && (
                    <Alert color="florin" role="status">
                        It is in force.
                    </Alert>
                )}
                <Button
                    type="submit"
                    disabled={!wallet.data || limit === '' || fault !== undefined}
                    loading={set.isPending}
                >
                    Set it
                </Button>
            </Stack>
        </form>
    );
}
