/** The rows: each with its state, its error, its transaction; chosen ones can be taken back. */
import { Button, Checkbox, Group, Select, Text } from '@mantine/core';
import { IconDownload } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { fetchRaw } from '../../api/client';
import type { Payout, PayoutRow } from '../../api/types';
import { Amount } from '../../components/Amount';
import { LinkedAnchor } from '../../components/Linked';
import { PagedTable, type Column } from '../../components/PagedTable';
import { Panel } from '../../components/Panel';
import { StatusBadge } from '../../components/StatusBadge';
import { Failure } from '../../components/states';
import { save } from '../../files/save';
import { rowsQuery, type RowState } from './queries';
import { WithPin } from './WithPin';

const STATES: RowState[] = ['PENDING', 'PAID', 'FAILED', 'CANCELLED'];

export function Rows({ payout }: { payout: Payout }) {
    const [state, setState] = useState<RowState | null>(null);
    const [chosen, setChosen] = useState<ReadonlySet<number>>(new Set());
    const [fault, setFault] = useState<unknown>();
    const rows = useInfiniteQuery(rowsQuery(payout.id, state ?? undefined));
    const isOver = !['PENDING', 'PROCESSING', 'PAUSED'].includes(payout.state);
    const canCompensate = isOver && payout.payment != null && payout.payment.paid_rows > 0;

    const choose = (row: number) =>
        setChosen((before) => {
            const after = new Set(before);
            if (!after.delete(row)) after.add(row);
            return after;
        });

    function results() {
        setFault(undefined);
        fetchRaw(`/v1/payouts/${payout.id}/results.csv`, {})
            .then((response) => response.blob())
            .then((file) => save(`payout-${payout.id}-results.csv`, file, 'text/csv'))
            .catch(setFault);
    }

    return (
        <Panel
            title="Rows"
            aside={
                <Group gap="xs">
                    <Select
                        size="xs"
                        w={130}
                        aria-label="State"
                        placeholder="Any state"
                        clearable
                        data={STATES.map((one) => ({ value: one, label: one.toLowerCase() }))}
                        value={state}
                        onChange={(value) => setState(value as RowState | null)}
                    />
                    {payout.payment && (
                        <Button size="xs" variant="default" leftSection={<IconDownload size={14} />} onClick={results}>
                            Results
                        </Button>
                    )}
                </Group>
            }
        >
            {fault !== undefined && <Failure error={fault} />}
            {canCompensate && (
                <Group mb="sm" gap="sm">
                    <WithPin
                        label={chosen.size > 0 ? `Take back ${chosen.size} rows` : 'Take back chosen rows'}
                        variant="default"
                        isDisabled={chosen.size === 0}
                        approves={`Take back rows ${[...chosen].sort((a, b) => a - b).join(', ')} of payout ${payout.id}.`}
                        operation={{
                            type: 'payout_compensation',
                            payout_id: payout.id,
                            rows: [...chosen].sort((a, b) => a - b),
                        }}
                        onDone={() => setChosen(new Set())}
                    />
                    {chosen.size === 0 && (
                        <Text size="sm" c="dimmed">
                            Mark rows that were paid to take them back.
                        </Text>
                    )}
                </Group>
            )}
            <PagedTable
                label="Rows"
                query={rows}
                columns={columns(canCompensate, chosen, choose)}
                rowKey={(row) => row.row}
                empty="No such rows"
            />
        </Panel>
    );
}

function columns(
    canCompensate: boolean,
    chosen: ReadonlySet<number>,
    choose: (row: number) => void,
): Column<PayoutRow>[] {
    const mark: Column<PayoutRow> = {
        title: 'Mark',
        cell: (row) =>
            row.state === 'PAID' && row.compensation == null ? (
                <Checkbox
                    aria-label={`Mark row ${row.row}`}
                    checked={chosen.has(row.row)}
                    onChange={() => choose(row.row)}
                />
            ) : null,
    };
    return [
        ...(canCompensate ? [mark] : []),
        { title: 'Row', isFigure: true, cell: (row) => <span className="figures">{row.row}</span> },
        { title: 'Recipient', cell: (row) => row.recipient_id },
        { title: 'Amount', isFigure: true, cell: (row) => <Amount value={row.amount} size="sm" /> },
        { title: 'Reference', isSecondary: true, cell: (row) => row.reference ?? '' },
        {
            title: 'State',
            cell: (row) => (
                <Group gap={4}>
                    <StatusBadge status={row.state} />
                    {row.compensation != null && <StatusBadge status={row.compensation} />}
                </Group>
            ),
        },
        { title: 'Why', isSecondary: true, cell: (row) => row.error ?? row.compensation_error ?? '' },
        {
            title: 'Transaction',
            isSecondary: true,
            cell: (row) =>
                row.transaction_id ? (
                    <LinkedAnchor to="/transactions/$id" params={{ id: row.transaction_id }} size="sm">
                        show
                    </LinkedAnchor>
                ) : (
                    ''
                ),
        },
    ];
}
