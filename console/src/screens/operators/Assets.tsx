/** What is counted here. */
import { Button, Modal, NumberInput, Stack, TextInput } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { api, done } from '../../api/client';
import type { Asset } from '../../api/types';
import { Moment } from '../../components/Moment';
import { LinkedAnchor } from '../../components/Linked';
import { Page } from '../../components/Page';
import { SimpleTable, type Column } from '../../components/PagedTable';
import { Panel } from '../../components/Panel';
import { Empty, Failure, Loading } from '../../components/states';
import { randomKey } from '../../movements/draft';
import { assetsQuery } from '../../queries';

const columns: Column<Asset>[] = [
    { title: 'Code', cell: (asset) => asset.code },
    { title: 'Name', cell: (asset) => asset.name },
    { title: 'Decimals', isFigure: true, cell: (asset) => <span className="figures">{asset.scale}</span> },
    {
        title: 'The house’s wallets',
        isSecondary: true,
        cell: (asset) =>
            Object.entries(asset.system_wallets ?? {}).map(([role, id]) => (
                <LinkedAnchor key={role} to="/wallets/$id" params={{ id }} size="sm" mr="sm">
                    {role} {id}
                </LinkedAnchor>
            )),
    },
    { title: 'Since', isFigure: true, isSecondary: true, cell: (asset) => <Moment at={asset.created_at} size="sm" /> },
];

export function Assets() {
    const assets = useQuery(assetsQuery);
    const [isAdding, adding] = useDisclosure();
    return (
        <Page title="Assets" actions={<Button onClick={adding.open}>Create an asset</Button>}>
            <Panel title="All of them">
                {assets.isPending ? (
                    <Loading />
                ) : assets.isError ? (
                    <Failure error={assets.error} retry={() => void assets.refetch()} />
                ) : assets.data.length === 0 ? (
                    <Empty title="No assets yet">Money, game coins, points: whatever wallets are to hold.</Empty>
                ) : (
                    <SimpleTable label="Assets" rows={assets.data} columns={columns} rowKey={(asset) => asset.code} />
                )}
            </Panel>
            {isAdding && <CreateAsset onClose={adding.close} />}
        </Page>
    );
}

function CreateAsset({ onClose }: { onClose: () => void }) {
    const queries = useQueryClient();
    const [key] = useState(randomKey);
    const [code, setCode] = useState('');
    const [name, setName] = useState('');
    const [scale, setScale] = useState<number | string>(2);
    const create = useMutation({
        mutationFn: () =>
            done(
                api.POST('/v1/assets', {
                    params: { header: { 'Idempotency-Key': key } },
                    body: { code, name, scale: Number(scale) },
                }),
            ),
        onSuccess: async () => {
            await queries.invalidateQueries();
            onClose();
        },
    });
    function submit(event: FormEvent) {
        event.preventDefault();
        create.mutate();
    }
    return (
        <Modal opened onClose={onClose} title="Create an asset" centered>
            <form onSubmit={submit}>
                <Stack>
                    <TextInput
                        label="Code"
                        placeholder="USD"
                        required
                        value={code}
                        data-autofocus
                        onChange={(event) => setCode(event.currentTarget.value.toUpperCase())}
                    />
                    <TextInput
                        label="Name"
                        placeholder="US dollar"
                        required
                        value={name}
                        onChange={(event) => setName(event.currentTarget.value)}
                    />
                    <NumberInput
                        label="Decimals"
                        description="They never change afterwards"
                        min={0}
                        max={18}
                        allowDecimal={false}
                        value={scale}
                        onChange={setScale}
                    />
                    {create.isError && <Failure error={create.error} />}
                    <Button type="submit" loading={create.isPending}>
                        Create it
                    </Button>
                </Stack>
            </form>
        </Modal>
    );
}
