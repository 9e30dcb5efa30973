/** A wallet's entries with the balance after each: filtered, page by page, and as a file. */
import { Button, Group, Select } from '@mantine/core';
import { IconDownload } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { HistoryEntry } from '../../api/types';
import { Amount } from '../../components/Amount';
import { LinkedAnchor } from '../../components/Linked';
import { Moment } from '../../components/Moment';
import { PagedTable, type Column } from '../../components/PagedTable';
import { Panel } from '../../components/Panel';
import { Empty, Failure } from '../../components/states';
import { TRANSACTION_TYPES, typeName } from '../../components/TransactionList';
import { useFilter } from '../../components/useFilter';
import { entriesQuery, type EntryFilter } from '../../queries';
import { downloadEntries } from './download';

const columns: Column<HistoryEntry>[] = [
    {
        title: 'No.',
        isFigure: true,
        isSecondary: true,
        cell: (entry) => <span className="figures">{entry.version}</span>,
    },
    {
        title: 'What',
        cell: (entry) => (
            <LinkedAnchor to="/transactions/$id" params={{ id: entry.transaction_id }} size="sm">
                {typeName(entry.type)}
                {entry.reference && `: ${entry.reference}`}
            </LinkedAnchor>
        ),
    },
    { title: 'With', isSecondary: true, cell: (entry) => `Wallet ${entry.counterparty_wallet_id}` },
    {
        title: 'Amount',
        isFigure: true,
        cell: (entry) => <Amount value={entry.amount} direction={entry.direction} size="sm" />,
    },
    { title: 'Balance', isFigure: true, cell: (entry) => <Amount value={entry.balance_after} size="sm" /> },
    { title: 'When', isFigure: true, isSecondary: true, cell: (entry) => <Moment at={entry.created_at} size="sm" /> },
];

export function Entries({ walletId, asset }: { walletId: number; asset: string }) {
    const [filter, only] = useFilter<EntryFilter>();
    const [fault, setFault] = useState<unknown>();
    const [isSaving, setSaving] = useState(false);
    const entries = useInfiniteQuery(entriesQuery(walletId, filter));

    function save() {
        setSaving(true);
        setFault(undefined);
        downloadEntries(walletId, asset, filter)
            .catch(setFault)
            .finally(() => setSaving(false));
    }

    return (
        <Panel
            title="Entries"
            aside={
                <Group gap="xs">
                    <Select
                        size="xs"
                        aria-label="Direction"
                        placeholder="In and out"
                        clearable
                        w={120}
                        data={[
                            { value: 'CREDIT', label: 'In' },
                            { value: 'DEBIT', label: 'Out' },
                        ]}
                        value={filter.direction ?? null}
                        onChange={only('direction')}
                    />
                    <Select
                        size="xs"
                        aria-label="Type"
                        placeholder="Any type"
                        clearable
                        w={130}
                        data={TRANSACTION_TYPES.map((type) => ({ value: type, label: typeName(type) }))}
                        value={filter.type ?? null}
                        onChange={only('type')}
                    />
                    <Button
                        size="xs"
                        variant="default"
                        leftSection={<IconDownload size={14} />}
                        loading={isSaving}
                        onClick={save}
                    >
                        CSV
                    </Button>
                </Group>
            }
        >
            {fault !== undefined && <Failure error={fault} />}
            <PagedTable
                label="Entries"
                query={entries}
                columns={columns}
                rowKey={(entry) => entry.version}
                empty={<Empty title="No entries">Nothing of this kind has moved on this wallet.</Empty>}
            />
        </Panel>
    );
}
