/** Deposits, withdrawals, top-ups, spends and bonuses, as the role allows. */
import { SegmentedControl, Text } from '@mantine/core';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { Amount } from '../../components/Amount';
import { Page } from '../../components/Page';
import { Failure, Loading } from '../../components/states';
import { MovementFlow } from '../../movements/MovementFlow';
import type { Movement } from '../../movements/perform';
import { useMovement } from '../../movements/useMovement';
import { sayMovement } from '../../movements/words';
import { assetsQuery, meQuery, walletQuery, walletsQuery } from '../../queries';
import { KINDS } from './kinds';
import { MoveForm } from './MoveForm';

const route = getRouteApi('/inside/move');

export function Move() {
    const search = route.useSearch();
    const navigate = useNavigate();
    const me = useQuery(meQuery);
    const assets = useQuery(assetsQuery);
    const isOperator = me.data?.role === 'operator';
    const own = useInfiniteQuery({
        ...walletsQuery({ user_id: me.data?.id ?? 0 }),
        enabled: me.data !== undefined && !isOperator,
    });
    const movement = useMovement();
    const draft = 'draft' in movement.stage ? movement.stage.draft.movement : undefined;
    const draftWallet = draft && 'wallet_id' in draft ? draft.wallet_id : undefined;
    const wallet = useQuery({ ...walletQuery(draftWallet ?? 0), enabled: draftWallet !== undefined });
    if (me.isPending || assets.isPending || (!isOperator && own.isPending)) return <Loading />;
    if (assets.isError) return <Failure error={assets.error} retry={() => void assets.refetch()} />;

    const kinds = KINDS.filter((kind) => me.data && kind.roles.includes(me.data.role));
    const kind = kinds.find((one) => one.type === (draft?.type ?? search.type)) ?? kinds[0];
    if (!kind || !me.data) return null;
    const asset = draft && 'asset' in draft ? draft.asset : (wallet.data?.asset ?? '');
    return (
        <Page title="Move" subtitle={kind.does}>
            {movement.stage.is === 'editing' && (
                <SegmentedControl
                    aria-label="What to do"
                    data={kinds.map(({ type, title }) => ({ value: type, label: title }))}
                    value={kind.type}
                    onChange={(type) => void navigate({ to: '/move', search: { ...search, type }, replace: true })}
                />
            )}
            <MovementFlow
                movement={movement}
                asset={asset}
                confirmLabel={kind.title}
                review={({ movement: one }) => review(one, asset)}
            >
                <MoveForm
                    key={kind.type}
                    kind={kind}
                    me={me.data}
                    wallets={own.data?.pages.flatMap((page) => page.data) ?? []}
                    assets={assets.data}
                    initial={search}
                    onReview={movement.review}
                />
            </MovementFlow>
            <Text size="sm" c="dimmed">
                {isOperator
                    ? 'What takes money out of a wallet needs your PIN.'
                    : 'Only the house brings money in: deposits, top-ups and bonuses come from an operator.'}
            </Text>
        </Page>
    );
}

function review(movement: Movement, asset: string): [string, React.ReactNode][] {
    return [
        ['What', sayMovement(movement, asset)],
        ['Amount', <Amount key="amount" value={movement.amount ?? ''} asset={asset} fw={600} />],
        ['Reference', movement.reference ?? 'none'],
    ];
}
