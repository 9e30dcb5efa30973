/** One payout, from its rows to its end: whatever comes next is what the screen shows. */
import { Button, Group, Stepper } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { api, done } from '../../api/client';
import type { Payout } from '../../api/types';
import { Moment } from '../../components/Moment';
import { Page } from '../../components/Page';
import { StatusBadge } from '../../components/StatusBadge';
import { Failure, Loading } from '../../components/states';
import { Execute } from './Execute';
import { Mend } from './Mend';
import { Preflight } from './Preflight';
import { Progress } from './Progress';
import { payoutQuery } from './queries';
import { Rows } from './Rows';
import { Upload } from './Upload';

const route = getRouteApi('/inside/payouts/$id');

export function PayoutScreen() {
    const { id } = route.useParams();
    const payout = useQuery(payoutQuery(id));
    if (payout.isPending) return <Loading />;
    if (payout.isError) return <Failure error={payout.error} retry={() => void payout.refetch()} />;
    const { data } = payout;
    const hasFaults = (data.draft?.bad_rows ?? 0) > 0;
    return (
        <Page
            title={data.name ?? `Payout ${id}`}
            subtitle={
                <Group gap="xs">
                    payout {id} from wallet {data.source_wallet_id} · <Moment at={data.created_at} size="sm" />{' '}
                    <StatusBadge status={data.state} />
                </Group>
            }
            actions={<Steering payout={data} />}
        >
            <Stepper
                active={stepOf(data)}
                size="sm"
                allowNextStepsSelect={false}
                aria-label="Where the payout stands"
                wrap
            >
                <Stepper.Step label="Rows" />
                <Stepper.Step label="Look it over" />
                <Stepper.Step label="Pay" />
                <Stepper.Step label="Done" />
            </Stepper>
            {data.state === 'PENDING' && <Upload payout={data} />}
            {data.state === 'PENDING' && hasFaults && <Mend payout={data} />}
            {data.state === 'PENDING' && !hasFaults && data.digest && (
                <>
                    <Preflight payoutId={id} digest={data.digest} asset={data.asset} />
                    <Execute payout={data} digest={data.digest} />
                </>
            )}
            {data.payment && <Progress payout={data} />}
            {data.rows > 0 && <Rows payout={data} />}
        </Page>
    );
}

function stepOf(payout: Payout): number {
    if (payout.state === 'PENDING') return payout.digest && !payout.draft ? 1 : 0;
    return payout.state === 'PROCESSING' || payout.state === 'PAUSED' ? 2 : 4;
}

function Steering({ payout }: { payout: Payout }) {
    const queries = useQueryClient();
    const path = { params: { path: { id: payout.id } } };
    const steer = useMutation({
        mutationFn: async (verb: 'pause' | 'resume' | 'cancel') => {
            if (verb === 'pause') return done(api.POST('/v1/payouts/{id}/pause', path));
            if (verb === 'resume') return done(api.POST('/v1/payouts/{id}/resume', path));
            return done(api.POST('/v1/payouts/{id}/cancel', path));
        },
        onSettled: () => queries.invalidateQueries({ queryKey: ['payout', payout.id] }),
    });
    const isOver = !['PENDING', 'PROCESSING', 'PAUSED'].includes(payout.state);
    return (
        <>
            {steer.isError && <Failure error={steer.error} />}
            {payout.state === 'PROCESSING' && (
                <Button variant="default" loading={steer.isPending} onClick={() => steer.mutate('pause')}>
                    Pause
                </Button>
            )}
            {payout.state === 'PAUSED' && (
                <Button loading={steer.isPending} onClick={() => steer.mutate('resume')}>
                    Resume
                </Button>
            )}
            {!isOver && (
                <Button variant="default" color="red" loading={steer.isPending} onClick={() => steer.mutate('cancel')}>
                    Cancel it
                </Button>
            )}
        </>
    );
}
