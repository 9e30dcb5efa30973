/** Rows with faults, mended in place: bad cells are marked and say what is wrong, and only these rows are sent again. */
import { Button, Group, Stack, Table, Text, TextInput } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { fetchRaw } from '../../api/client';
import { codeOf } from '../../api/problem';
import type { Payout } from '../../api/types';
import { Panel } from '../../components/Panel';
import { Failure, Loading } from '../../components/states';
import { toCsv } from '../../files/csv';
import { badCells, CELLS, faultyRowsQuery, type FaultyRow } from './queries';

/** So many are mended at a time; more than these are easier mended in the file. */
const SHOWN = 100;

export function Mend({ payout }: { payout: Payout }) {
    const queries = useQueryClient();
    const faulty = useQuery(faultyRowsQuery(payout.id, payout.version));
    const [edits, setEdits] = useState<Record<string, Partial<FaultyRow>>>({});
    const mend = useMutation({
        mutationFn: async (rows: FaultyRow[]) => {
            const body = toCsv(
                ['row', ...CELLS],
                rows.map((row) => [row.row, ...CELLS.map((cell) => edits[row.row]?.[cell] ?? row[cell])]),
            );
            return (
                await fetchRaw(`/v1/payouts/${payout.id}/rows`, {
                    method: 'PATCH',
                    headers: { 'content-type': 'text/csv' },
                    body,
                })
            ).json();
        },
        onSettled: async () => {
            await queries.invalidateQueries({ queryKey: ['payout', payout.id] });
        },
    });
    if (faulty.isPending) return <Loading />;
    if (faulty.isError) return <Failure error={faulty.error} retry={() => void faulty.refetch()} />;
    const rows = faulty.data.slice(0, SHOWN);
    const change = (row: string, cell: (typeof CELLS)[number]) => (event: { currentTarget: { value: string } }) => {
        const { value } = event.currentTarget;
        setEdits((before) => ({ ...before, [row]: { ...before[row], [cell]: value } }));
    };
    return (
        <Panel title={`${payout.draft?.bad_rows} of ${payout.draft?.rows} rows have faults`}>
            <Stack>
                <Text size="sm">
                    Nothing is in force until all rows are good. Mend them here and check again, or upload a better file
                    above.
                </Text>
                <Table.ScrollContainer
                    minWidth={640}
                    scrollAreaProps={{ viewportProps: { tabIndex: 0, 'aria-label': 'Rows with faults' } }}
                >
                    <Table aria-label="Rows with faults" verticalSpacing="xs" withRowBorders>
                        <Table.Thead>
                            <Table.Tr>
                                <Table.Th ta="right">Row</Table.Th>
                                <Table.Th>Recipient</Table.Th>
                                <Table.Th>Amount</Table.Th>
                                <Table.Th>Reference</Table.Th>
                                <Table.Th>Memo</Table.Th>
                            </Table.Tr>
                        </Table.Thead>
                        <Table.Tbody>
                            {rows.map((row) => {
                                const bad = badCells(row.error);
                                return (
                                    <Table.Tr key={row.row}>
                                        <Table.Td ta="right" className="figures">
                                            {row.row}
                                        </Table.Td>
                                        {CELLS.map((cell) => (
                                            <Table.Td key={cell} valign="top">
                                                <TextInput
                                                    size="xs"
                                                    aria-label={`${cell} of row ${row.row}`}
                                                    value={edits[row.row]?.[cell] ?? row[cell]}
                                                    onChange={change(row.row, cell)}
                                                    error={bad.has(cell) ? faultOf(row.error, cell) : undefined}
                                                />
                                            </Table.Td>
                                        ))}
                                    </Table.Tr>
                                );
                            })}
                        </Table.Tbody>
                    </Table>
                </Table.ScrollContainer>
                {faulty.data.length > SHOWN && (
                    <Text size="sm" c="dimmed">
                        The first {SHOWN} of {faulty.data.length}.
                    </Text>
                )}
                {mend.isError && codeOf(mend.error) !== 'payout_rows_invalid' && <Failure error={mend.error} />}
                <Group>
                    <Button loading={mend.isPending} onClick={() => mend.mutate(rows)}>
                        Check again
                    </Button>
                </Group>
            </Stack>
        </Panel>
    );
}

function faultOf(error: string, cell: string): string {
    const fault = new RegExp(`(?:, |; |^)${cell}: ([^;]*)`).exec(error);
    return fault?.[1] ?? error;
}
