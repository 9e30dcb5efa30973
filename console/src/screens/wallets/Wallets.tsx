/** All wallets: one's own, or the house's and everybody's for operators; and a new one. */
import { Button, Group, Modal, Select, Stack, TextInput } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api, done } from '../../api/client';
import type { Wallet, WalletStatus } from '../../api/types';
import { Amount } from '../../components/Amount';
import { LinkedAnchor } from '../../components/Linked';
import { Page } from '../../components/Page';
import { PagedTable, type Column } from '../../components/PagedTable';
import { Panel } from '../../components/Panel';
import { StatusBadge } from '../../components/StatusBadge';
import { Failure } from '../../components/states';
import { randomKey } from '../../movements/draft';
import { assetsQuery, meQuery, walletsQuery, type WalletFilter } from '../../queries';

export function Wallets() {
    const me = useQuery(meQuery);
    const assets = useQuery(assetsQuery);
    const [asset, setAsset] = useState<string | null>(null);
    const [status, setStatus] = useState<string | null>(null);
    const [isOpening, opening] = useDisclosure();
    const isOperator = me.data?.role === 'operator';
    const filter: WalletFilter = {
        ...(asset ? { asset } : {}),
        ...(status ? { status: status as WalletStatus } : {}),
        ...(me.data && !isOperator ? { user_id: me.data.id } : {}),
    };
    const wallets = useInfiniteQuery({ ...walletsQuery(filter), enabled: me.data !== undefined });
    return (
        <Page title="Wallets" actions={!isOperator && <Button onClick={opening.open}>Open a wallet</Button>}>
            <Panel
                title={isOperator ? 'Everybody’s' : 'Yours'}
                aside={
                    <Group gap="xs">
                        <Select
                            size="xs"
                            aria-label="Asset"
                            placeholder="Any asset"
                            clearable
                            w={120}
                            data={assets.data?.map((one) => one.code) ?? []}
                            value={asset}
                            onChange={setAsset}
                        />
                        <Select
                            size="xs"
                            aria-label="Status"
                            placeholder="Any status"
                            clearable
                            w={120}
                            data={['active', 'frozen', 'closed']}
                            value={status}
                            onChange={setStatus}
                        />
                    </Group>
                }
            >
                <PagedTable
                    label="Wallets"
                    query={wallets}
                    columns={columns(isOperator)}
                    rowKey={(wallet) => wallet.id}
                    empty="No such wallets"
                />
            </Panel>
            {isOpening && <OpenWallet onClose={opening.close} />}
        </Page>
    );
}

export const walletName = (wallet: Wallet) =>
    wallet.system_role ? `the house’s ${wallet.system_role}` : (wallet.name ?? 'main');

function columns(isOperator: boolean): Column<Wallet>[] {
    const owner: Column<Wallet> = {
        title: 'Owner',
        isSecondary: true,
        cell: (wallet) =>
            wallet.user_id ? (
                <LinkedAnchor to="/users/$id" params={{ id: wallet.user_id }} size="sm">
                    user {wallet.user_id}
                </LinkedAnchor>
            ) : (
                'house'
            ),
    };
    return [
        {
            title: 'Wallet',
            cell: (wallet) => (
                <LinkedAnchor to="/wallets/$id" params={{ id: wallet.id }} size="sm" className="figures">
                    {wallet.id} · {walletName(wallet)}
                </LinkedAnchor>
            ),
        },
        ...(isOperator ? [owner] : []),
        { title: 'Asset', isSecondary: true, cell: (wallet) => wallet.asset },
        {
            title: 'Balance',
            isFigure: true,
            isSecondary: true,
            cell: (wallet) => <Amount value={wallet.posted} size="sm" />,
        },
        {
            title: 'Held',
            isFigure: true,
            isSecondary: true,
            cell: (wallet) => <Amount value={wallet.held} size="sm" />,
        },
        {
            title: 'Available',
            isFigure: true,
            cell: (wallet) => <Amount value={wallet.available} asset={wallet.asset} size="sm" />,
        },
        { title: 'Status', cell: (wallet) => <StatusBadge status={wallet.status} /> },
    ];
}

function OpenWallet({ onClose }: { onClose: () => void }) {
    const queries = useQueryClient();
    const assets = useQuery(assetsQuery);
    const [key] = useState(randomKey);
    const [asset, setAsset] = useState<string | null>(null);
    const [name, setName] = useState('');
    const open = useMutation({
        mutationFn: () =>
            done(
                api.POST('/v1/wallets', {
                    params: { header: { 'Idempotency-Key': key } },
                    body: { asset: asset ?? '', ...(name ? { name } : {}) },
                }),
            ),
        onSuccess: async () => {
            await queries.invalidateQueries();
            onClose();
        },
    });
    return (
        <Modal opened onClose={onClose} title="Open a wallet" centered>
            <Stack>
                <Select
                    label="Asset"
                    data={assets.data?.map((one) => ({ value: one.code, label: `${one.code} · ${one.name}` })) ?? []}
                    value={asset}
                    onChange={setAsset}
                    data-autofocus
                />
                <TextInput
                    label="Name"
                    description="Your first wallet of an asset needs none"
                    value={name}
                    maxLength={64}
                    onChange={(event) => setName(event.currentTarget.value)}
                />
                {open.isError && <Failure error={open.error} />}
                <Button disabled={!asset} loading={open.isPending} onClick={() => open.mutate()}>
                    Open it
                </Button>
            </Stack>
        </Modal>
    );
}
