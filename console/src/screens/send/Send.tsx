/** Sending money: from an own wallet, to a wallet or a person, once. */
import { useQuery, useInfiniteQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { Amount } from '../../components/Amount';
import { Page } from '../../components/Page';
import { Failure, Loading } from '../../components/states';
import { fromMinor, toMinor } from '../../money/decimal';
import type { Draft } from '../../movements/draft';
import { MovementFlow } from '../../movements/MovementFlow';
import { useMovement } from '../../movements/useMovement';
import { assetsQuery, meQuery, walletsQuery } from '../../queries';
import { Recipient } from './Recipient';
import { SendForm } from './SendForm';

const route = getRouteApi('/inside/send');

export function Send() {
    const { from, to } = route.useSearch();
    const me = useQuery(meQuery);
    const assets = useQuery(assetsQuery);
    const wallets = useInfiniteQuery({
        ...walletsQuery({ user_id: me.data?.id ?? 0 }),
        enabled: me.data !== undefined,
    });
    const movement = useMovement();
    if (wallets.isError) return <Failure error={wallets.error} retry={() => void wallets.refetch()} />;
    if (wallets.isPending || assets.isPending) return <Loading />;
    const own = wallets.data.pages.flatMap((page) => page.data);
    const walletOf = (draft: Draft) =>
        own.find((wallet) => draft.movement.type === 'transfer' && wallet.id === draft.movement.from_wallet_id);
    const asset = 'draft' in movement.stage ? (walletOf(movement.stage.draft)?.asset ?? '') : '';
    const scale = (code: string) => assets.data?.find((one) => one.code === code)?.scale ?? 2;

    return (
        <Page title="Send" subtitle="It arrives at once, and once.">
            <MovementFlow
                movement={movement}
                asset={asset}
                confirmLabel="Send it"
                review={({ movement: draft }) => {
                    if (draft.type !== 'transfer') return [];
                    const wallet = own.find((one) => one.id === draft.from_wallet_id);
                    const left = wallet && remaining(wallet.available, draft.amount, scale(wallet.asset));
                    return [
                        [
                            'From',
                            wallet
                                ? `${wallet.asset} · ${wallet.name} · wallet ${wallet.id}`
                                : `Wallet ${draft.from_wallet_id}`,
                        ],
                        ['To', <Recipient key="to" walletId={draft.to_wallet_id} />],
                        ['Amount', <Amount key="amount" value={draft.amount} asset={asset} fw={600} />],
                        ['Reference', draft.reference ?? 'none'],
                        ['Left after it', left ? <Amount key="left" value={left} asset={asset} /> : ''],
                    ];
                }}
            >
                <SendForm wallets={own} assets={assets.data ?? []} initial={{ from, to }} onReview={movement.review} />
            </MovementFlow>
        </Page>
    );
}

function remaining(available: string, amount: string, scale: number): string | undefined {
    const [has, gives] = [toMinor(available, scale), toMinor(amount, scale)];
    return has === undefined || gives === undefined ? undefined : fromMinor(has - gives, scale);
}
