/** The first step of a payout: who pays, and what it is called. */
import { Button, Select, Stack, TextInput } from '@mantine/core';
import { useInfiniteQuery, useMutation, useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState, type FormEvent } from 'react';
import { api, done } from '../../api/client';
import { Page } from '../../components/Page';
import { Panel } from '../../components/Panel';
import { Failure } from '../../components/states';
import { group } from '../../money/decimal';
import { randomKey } from '../../movements/draft';
import { meQuery, walletsQuery } from '../../queries';

export function NewPayout() {
    const navigate = useNavigate();
    const me = useQuery(meQuery);
    const isOperator = me.data?.role === 'operator';
    const wallets = useInfiniteQuery({
        ...walletsQuery({ user_id: me.data?.id ?? 0 }),
        enabled: me.data !== undefined && !isOperator,
    });
    const own = wallets.data?.pages.flatMap((page) => page.data) ?? [];
    const [key] = useState(randomKey);
    const [chosen, setChosen] = useState('');
    const [name, setName] = useState('');
    const source = chosen || (own[0] ? String(own[0].id) : '');
    const create = useMutation({
        mutationFn: () =>
            done(
                api.POST('/v1/payouts', {
                    params: { header: { 'Idempotency-Key': key } },
                    body: { source_wallet_id: Number(source), ...(name.trim() ? { name: name.trim() } : {}) },
                }),
            ),
        onSuccess: ({ id }) => navigate({ to: '/payouts/$id', params: { id } }),
    });

    function submit(event: FormEvent) {
        event.preventDefault();
        create.mutate();
    }

    return (
        <Page title="New payout">
            <Panel title="Who pays">
                <form onSubmit={submit}>
                    <Stack maw={480}>
                        {isOperator ? (
                            <TextInput
                                label="Wallet"
                                description="The number of the wallet that pays"
                                inputMode="numeric"
                                required
                                value={chosen}
                                onChange={(event) => setChosen(event.currentTarget.value)}
                            />
                        ) : (
                            <Select
                                label="Wallet"
                                data={own.map((one) => ({
                                    value: String(one.id),
                                    label: `${one.asset} · ${one.name} · ${group(one.available)} available`,
                                    disabled: one.status !== 'active',
                                }))}
                                value={source}
                                onChange={(value) => setChosen(value ?? '')}
                                allowDeselect={false}
                            />
                        )}
                        <TextInput
                            label="Name"
                            placeholder="Salaries of March"
                            value={name}
                            maxLength={64}
                            onChange={(event) => setName(event.currentTarget.value)}
                        />
                        {create.isError && <Failure error={create.error} />}
                        <Button type="submit" loading={create.isPending} disabled={!/^[1-9]\d*$/.test(source)}>
                            Go on to the rows
                        </Button>
                    </Stack>
                </form>
            </Panel>
        </Page>
    );
}
