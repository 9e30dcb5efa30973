/** The agreement of a second person where it is needed, and the start. */
import { Alert, Checkbox, Group, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { Payout } from '../../api/types';
import { Panel } from '../../components/Panel';
import { group } from '../../money/decimal';
import { meQuery } from '../../queries';
import { preflightQuery } from './queries';
import { WithPin } from './WithPin';

export function Execute({ payout, digest }: { payout: Payout; digest: string }) {
    const me = useQuery(meQuery);
    const preflight = useQuery(preflightQuery(payout.id, digest));
    const [allowDuplicate, setAllowDuplicate] = useState(false);
    const isDuplicate = preflight.data?.likely_duplicate_of != null;
    const needsOther = payout.approval?.required === true && payout.approval.at == null;
    const isMaker = payout.created_by === `user:${me.data?.id}`;
    const total = `${group(payout.total)} ${payout.asset}`;
    const rows = payout.rows.toLocaleString('en');
    return (
        <Panel title="Pay">
            <Stack>
                {payout.approval?.required && (
                    <Alert
                        color={needsOther ? 'yellow' : 'florin'}
                        title={
                            needsOther
                                ? 'Somebody else must agree first'
                                : `Agreed by ${payout.approval.by ?? 'an operator'}`
                        }
                    >
                        {needsOther && 'An operator who neither made nor executes it.'}
                    </Alert>
                )}
                {isDuplicate && (
                    <Checkbox
                        label="Pay it although another payout pays or has paid the same"
                        checked={allowDuplicate}
                        onChange={(event) => setAllowDuplicate(event.currentTarget.checked)}
                    />
                )}
                <Group>
                    {needsOther && me.data?.role === 'operator' && !isMaker && (
                        <WithPin
                            label="Agree with it"
                            approves={`Agree that payout ${payout.id} pays ${total} in ${rows} rows.`}
                            operation={{ type: 'payout_approval', payout_id: payout.id, digest }}
                            variant="default"
                        />
                    )}
                    <WithPin
                        label={`Pay ${total}`}
                        approves={`Pay ${total} in ${rows} rows from wallet ${payout.source_wallet_id}.`}
                        operation={{ type: 'payout_execution', payout_id: payout.id, digest }}
                        allowDuplicate={allowDuplicate}
                        isDisabled={needsOther || (isDuplicate && !allowDuplicate)}
                    />
                </Group>
                <Text size="sm" c="dimmed">
                    Each row is a transaction of its own, and paid exactly once, whatever crashes meanwhile.
                </Text>
            </Stack>
        </Panel>
    );
}
