/** Where the file goes: dropped or chosen, and sent as it is. */
import { Button, FileButton, Group, Paper, Stack, Text } from '@mantine/core';
import { IconFileSpreadsheet } from '@tabler/icons-react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState, type DragEvent } from 'react';
import { fetchRaw } from '../../api/client';
import { codeOf } from '../../api/problem';
import type { Payout } from '../../api/types';
import { Panel } from '../../components/Panel';
import { Failure } from '../../components/states';

export function Upload({ payout }: { payout: Payout }) {
    const queries = useQueryClient();
    const [isOver, setOver] = useState(false);
    const [name, setName] = useState<string>();
    const upload = useMutation({
        mutationFn: async (file: File) => {
            setName(file.name);
            const init = { method: 'PUT', headers: { 'content-type': 'text/csv' }, body: file };
            return (await fetchRaw(`/v1/payouts/${payout.id}/rows`, init)).json();
        },
        onSettled: () => queries.invalidateQueries({ queryKey: ['payout', payout.id] }),
    });
    const take = (file: File | null | undefined) => file && upload.mutate(file);

    function drop(event: DragEvent) {
        event.preventDefault();
        setOver(false);
        take(event.dataTransfer.files[0]);
    }

    return (
        <Panel title={payout.rows > 0 ? 'Replace the rows' : 'The rows'}>
            <Stack>
                <Paper
                    withBorder
                    p="lg"
                    onDragOver={(event) => {
                        event.preventDefault();
                        setOver(true);
                    }}
                    onDragLeave={() => setOver(false)}
                    onDrop={drop}
                    bg={isOver ? 'var(--mantine-primary-color-light)' : undefined}
                    style={{ borderStyle: 'dashed' }}
                >
                    <Group justify="center" gap="md">
                        <IconFileSpreadsheet size={36} stroke={1.3} aria-hidden />
                        <div>
                            <Text>Drop a CSV file here, or choose one</Text>
                            <Text size="sm" c="dimmed">
                                Columns <code>recipient_id,amount</code>, and <code>reference</code> and{' '}
                                <code>memo</code> if you like. A recipient is a wallet’s number, or{' '}
                                <code>user:bob</code>.
                            </Text>
                        </div>
                        <FileButton onChange={take} accept=".csv,text/csv">
                            {(props) => (
                                <Button {...props} loading={upload.isPending} variant="default">
                                    Choose a file
                                </Button>
                            )}
                        </FileButton>
                    </Group>
                </Paper>
                {name && upload.isSuccess && (
                    <Text size="sm" role="status">
                        {name}: all rows are good.
                    </Text>
                )}
                {upload.isError && codeOf(upload.error) !== 'payout_rows_invalid' && <Failure error={upload.error} />}
            </Stack>
        </Panel>
    );
}
