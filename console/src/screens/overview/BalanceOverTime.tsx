/** How one wallet's balance came to be, from its entries. */
import { Select, Text } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { Chart } from '../../components/Chart';
import { Panel } from '../../components/Panel';
import { Empty, Failure, Loading } from '../../components/states';
import { group } from '../../money/decimal';
import { entriesQuery, walletsQuery } from '../../queries';

/** As many entries as tell a story. */
const ENTRIES = 200;

export function BalanceOverTime({ userId }: { userId: number }) {
    const wallets = useInfiniteQuery(walletsQuery({ user_id: userId }));
    const all = wallets.data?.pages.flatMap((page) => page.data) ?? [];
    const [chosen, setChosen] = useState<string | null>(null);
    const wallet = all.find((one) => String(one.id) === chosen) ?? all[0];
    if (!wallet) return null;
    const choices = all.map((one) => ({ value: String(one.id), label: `${one.asset} · ${one.name} · no. ${one.id}` }));
    return (
        <Panel
            title="Balance over time"
            aside={
                <Select
                    size="xs"
                    aria-label="Wallet"
                    data={choices}
                    value={String(wallet.id)}
                    onChange={setChosen}
                    allowDeselect={false}
                    w={220}
                />
            }
        >
            <BalanceChart walletId={wallet.id} asset={wallet.asset} />
        </Panel>
    );
}

export function BalanceChart({ walletId, asset }: { walletId: number; asset: string }) {
    const entries = useInfiniteQuery(entriesQuery(walletId, {}, ENTRIES));
    const points = useMemo(() => {
        const newestFirst = entries.data?.pages[0]?.data ?? [];
        // A picture has no use for exact figures; the table beside it has them.
        return newestFirst
            .map((entry) => ({ at: Date.parse(entry.created_at) / 1000, value: Number(entry.balance_after) }))
            .reverse();
    }, [entries.data]);
    if (entries.isPending) return <Loading lines={4} />;
    if (entries.isError) return <Failure error={entries.error} retry={() => void entries.refetch()} />;
    const last = points.at(-1);
    if (!last) return <Empty title="No entries yet">The balance is drawn once something has moved.</Empty>;
    // The balance stays what it is until now.
    const drawn = [...points, { at: Math.max(entries.dataUpdatedAt / 1000, last.at + 1), value: last.value }];
    return (
        <>
            <Chart
                points={drawn}
                isStepped
                label={`Balance of wallet ${walletId} over its last ${points.length} entries: now ${last.value} ${asset}`}
                format={axis}
            />
            {entries.hasNextPage && (
                <Text size="xs" c="dimmed">
                    The last {ENTRIES} entries.
                </Text>
            )}
        </>
    );
}

const compact = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 2 });
const axis = (value: number) =>
    Math.abs(value) >= 100_000 ? compact.format(value) : group(String(Math.round(value * 100) / 100));
