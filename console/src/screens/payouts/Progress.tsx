/** How far a payout is, as it happens. */
import { Group, Progress as Bar, SimpleGrid, Stack, Text } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import type { Payout } from '../../api/types';
import { Amount } from '../../components/Amount';
import { Figure } from '../../components/Figure';
import { Panel } from '../../components/Panel';
import { watchPayout } from './events';
import { payoutQuery } from './queries';
import { WithPin } from './WithPin';

export function Progress({ payout }: { payout: Payout }) {
    const queries = useQueryClient();
    const { id } = payout;
    const isUnderWay =
        ['PROCESSING', 'PAUSED'].includes(payout.state) ||
        payout.compensation?.ended_at === null ||
        (payout.compensation != null && payout.compensation.ended_at === undefined);
    useEffect(() => {
        if (!isUnderWay) return;
        const stop = new AbortController();
        void watchPayout(id, (next) => queries.setQueryData(payoutQuery(id).queryKey, next), stop.signal)
            // Its rows, and everybody's balances, are others now; also where the end has ended this.
            .then(() => queries.invalidateQueries({ predicate: ({ queryKey }) => queryKey[0] !== 'pulse' }));
        return () => stop.abort();
    }, [id, isUnderWay, queries]);

    const { payment } = payout;
    if (!payment) return null;
    const share = (rows: number) => (payment.rows > 0 ? (rows / payment.rows) * 100 : 0);
    const canRetry = payout.state === 'PARTIALLY_FAILED' || payout.state === 'FAILED';
    return (
        <Panel
            title="Payment"
            aside={
                canRetry &&
                payout.digest && (
                    <WithPin
                        label="Retry what failed"
                        approves={`Pay the ${payment.failed_rows} rows that failed once more.`}
                        operation={{ type: 'payout_retry', payout_id: id, digest: payout.digest }}
                    />
                )
            }
        >
            <Stack>
                <Bar.Root size="xl" aria-label="Rows decided">
                    <Bar.Section
                        value={share(payment.paid_rows)}
                        color="florin"
                        aria-label={`${payment.paid_rows} of ${payment.rows} rows paid`}
                    />
                    <Bar.Section
                        value={share(payment.failed_rows)}
                        color="red"
                        aria-label={`${payment.failed_rows} of ${payment.rows} rows failed`}
                    />
                </Bar.Root>
                <SimpleGrid cols={{ base: 2, sm: 4 }}>
                    <Figure name="Paid">
                        <Text fw={600} className="figures">
                            {payment.paid_rows.toLocaleString('en')}
                        </Text>
                    </Figure>
                    <Figure name="Failed">
                        <Text fw={600} className="figures">
                            {payment.failed_rows.toLocaleString('en')}
                        </Text>
                    </Figure>
                    <Figure name="To do">
                        <Text fw={600} className="figures">
                            {payment.pending_rows.toLocaleString('en')}
                        </Text>
                    </Figure>
                    <div>
                        <Text size="xs" c="dimmed">
                            Paid together
                        </Text>
                        <Amount value={payment.paid_total} asset={payout.asset} fw={600} ta="left" />
                    </div>
                </SimpleGrid>
                <Text size="sm" role="status" c="dimmed">
                    {payout.state === 'PROCESSING'
                        ? `${payment.rows_per_second ? `${Math.round(payment.rows_per_second).toLocaleString('en')} rows a second` : 'Under way'}${payment.seconds_left != null ? `, ${payment.seconds_left} s left` : ''}`
                        : payout.state === 'PAUSED'
                          ? 'Paused: nothing is paid until it is resumed.'
                          : 'It is over.'}
                </Text>
                {payout.compensation && (
                    <Group gap="xs">
                        <Text size="sm">
                            Taken back: {payout.compensation.reversed_rows} of {payout.compensation.rows} rows,{' '}
                            <Amount value={payout.reversed_total} asset={payout.asset} size="sm" />
                            {payout.compensation.failed_rows > 0 && `, ${payout.compensation.failed_rows} could not be`}
                        </Text>
                    </Group>
                )}
            </Stack>
        </Panel>
    );
}
