/** Sign-ins of services: made, shown once, and revoked. */
import { Alert, Button, Checkbox, Code, CopyButton, Group, Modal, Stack, Text, TextInput } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { infiniteQueryOptions, useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api, done } from '../../api/client';
import type { ApiKey, Scope } from '../../api/types';
import { Moment } from '../../components/Moment';
import { Page } from '../../components/Page';
import { PagedTable, type Column } from '../../components/PagedTable';
import { Panel } from '../../components/Panel';
import { Empty, Failure } from '../../components/states';
import { randomKey } from '../../movements/draft';

const SCOPES: Scope[] = ['read', 'transactions:write', 'wallets:write', 'users:write', 'assets:write'];

const apiKeysQuery = infiniteQueryOptions({
    queryKey: ['api-keys'],
    queryFn: ({ pageParam: cursor }) =>
        done(api.GET('/v1/api-keys', { params: { query: { limit: 50, ...(cursor ? { cursor } : {}) } } })),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
});

export function ApiKeys() {
    const keys = useInfiniteQuery(apiKeysQuery);
    const [isCreating, creating] = useDisclosure();
    const [revoked, setRevoked] = useState<ApiKey>();
    const columns: Column<ApiKey>[] = [
        { title: 'Name', cell: (key) => key.name },
        { title: 'Scopes', isSecondary: true, cell: (key) => key.scopes.join(', ') },
        { title: 'Since', isFigure: true, isSecondary: true, cell: (key) => <Moment at={key.created_at} size="sm" /> },
        {
            title: 'State',
            isFigure: true,
            cell: (key) =>
                key.revoked_at ? (
                    <Text size="sm" c="dimmed">
                        revoked
                    </Text>
                ) : (
                    <Button size="compact-sm" variant="default" onClick={() => setRevoked(key)}>
                        Revoke
                    </Button>
                ),
        },
    ];
    return (
        <Page title="API keys" actions={<Button onClick={creating.open}>Create a key</Button>}>
            <Panel title="All of them">
                <PagedTable
                    label="API keys"
                    query={keys}
                    columns={columns}
                    rowKey={(key) => key.id}
                    empty={<Empty title="No keys yet">A service signs in with one.</Empty>}
                />
            </Panel>
            {isCreating && <Create onClose={creating.close} />}
            {revoked && <Revoke apiKey={revoked} onClose={() => setRevoked(undefined)} />}
        </Page>
    );
}

function Create({ onClose }: { onClose: () => void }) {
    const queries = useQueryClient();
    const [key] = useState(randomKey);
    const [name, setName] = useState('');
    const [scopes, setScopes] = useState<string[]>(['read']);
    const create = useMutation({
        mutationFn: () =>
            done(
                api.POST('/v1/api-keys', {
                    params: { header: { 'Idempotency-Key': key } },
                    body: { name, scopes: scopes as Scope[] },
                }),
            ),
        onSuccess: () => queries.invalidateQueries({ queryKey: apiKeysQuery.queryKey }),
    });
    const secret = create.data?.secret;
    return (
        <Modal opened onClose={onClose} title="Create an API key" centered>
            {create.isSuccess ? (
                <Stack>
                    <Alert color="yellow" title="This is the only time it is shown">
                        Florin keeps its hash alone. Whoever loses it revokes the key and creates another.
                    </Alert>
                    <Code block data-testid="secret">
                        {secret}
                    </Code>
                    <Group>
                        <CopyButton value={secret ?? ''}>
                            {({ copied, copy }) => <Button onClick={copy}>{copied ? 'Copied' : 'Copy'}</Button>}
                        </CopyButton>
                        <Button variant="default" onClick={onClose}>
                            I have kept it
                        </Button>
                    </Group>
                </Stack>
            ) : (
                <Stack>
                    <TextInput
                        label="What it is for"
                        placeholder="web shop"
                        required
                        value={name}
                        maxLength={64}
                        data-autofocus
                        onChange={(event) => setName(event.currentTarget.value)}
                    />
                    <Checkbox.Group label="What it may do" value={scopes} onChange={setScopes}>
                        <Stack gap="xs" mt="xs">
                            {SCOPES.map((scope) => (
                                <Checkbox key={scope} value={scope} label={scope} />
                            ))}
                        </Stack>
                    </Checkbox.Group>
                    {create.isError && <Failure error={create.error} />}
                    <Button
                        disabled={name.trim() === '' || scopes.length === 0}
                        loading={create.isPending}
                        onClick={() => create.mutate()}
                    >
                        Create it
                    </Button>
                </Stack>
            )}
        </Modal>
    );
}

function Revoke({ apiKey, onClose }: { apiKey: ApiKey; onClose: () => void }) {
    const queries = useQueryClient();
    const revoke = useMutation({
        mutationFn: () => done(api.DELETE('/v1/api-keys/{id}', { params: { path: { id: apiKey.id } } })),
        onSuccess: async () => {
            await queries.invalidateQueries({ queryKey: apiKeysQuery.queryKey });
            onClose();
        },
    });
    return (
        <Modal opened onClose={onClose} title={`Revoke “${apiKey.name}”?`} centered>
            <Stack>
                <Text size="sm">Whoever uses it is refused from now on.</Text>
                {revoke.isError && <Failure error={revoke.error} />}
                <Button color="red" loading={revoke.isPending} onClick={() => revoke.mutate()}>
                    Revoke it
                </Button>
            </Stack>
        </Modal>
    );
}
