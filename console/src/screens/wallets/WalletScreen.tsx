/** One wallet: its balances, how it came to them, and what an operator may do with it. */
import { Group, SimpleGrid, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import type { Wallet } from '../../api/types';
import { Amount } from '../../components/Amount';
import { LinkedButton } from '../../components/Linked';
import { Page } from '../../components/Page';
import { Panel } from '../../components/Panel';
import { StatusBadge } from '../../components/StatusBadge';
import { Failure, Loading } from '../../components/states';
import { meQuery, walletQuery } from '../../queries';
import { BalanceChart } from '../overview/BalanceOverTime';
import { Entries } from './Entries';
import { StatusActions } from './StatusActions';
import { walletName } from './Wallets';

const route = getRouteApi('/inside/wallets/$id');

export function WalletScreen() {
    const { id } = route.useParams();
    const me = useQuery(meQuery);
    const wallet = useQuery(walletQuery(id));
    if (wallet.isPending || me.isPending) return <Loading />;
    if (wallet.isError) return <Failure error={wallet.error} retry={() => void wallet.refetch()} />;
    const isOperator = me.data?.role === 'operator';
    const isOwn = wallet.data.user_id === me.data?.id;
    return (
        <Page
            title={`Wallet ${wallet.data.id}`}
            subtitle={
                <Group gap="xs">
                    {wallet.data.asset} · {walletName(wallet.data)}
                    {wallet.data.user_id && !isOwn && ` · user ${wallet.data.user_id}`}
                    <StatusBadge status={wallet.data.status} />
                </Group>
            }
            actions={
                <>
                    {isOwn && wallet.data.status === 'active' && (
                        <LinkedButton to="/send" search={{ from: wallet.data.id }}>
                            Send
                        </LinkedButton>
                    )}
                    {(isOperator || isOwn) && !wallet.data.system_role && (
                        <StatusActions wallet={wallet.data} isOperator={isOperator} />
                    )}
                </>
            }
        >
            <Balances wallet={wallet.data} />
            <Panel title="Balance over time">
                <BalanceChart walletId={id} asset={wallet.data.asset} />
            </Panel>
            <Entries walletId={id} asset={wallet.data.asset} />
        </Page>
    );
}

function Balances({ wallet }: { wallet: Wallet }) {
    const figures: [string, string][] = [
        ['Available', wallet.available],
        ['Balance', wallet.posted],
        ['Held', wallet.held],
        ['Credit limit', wallet.credit_limit ?? '0'],
    ];
    return (
        <Panel title="Now">
            <SimpleGrid cols={{ base: 2, sm: 4 }}>
                {figures.map(([name, value], place) => (
                    <Stack key={name} gap={0}>
                        <Text size="xs" c="dimmed">
                            {name}
                        </Text>
                        <Amount
                            value={value}
                            asset={wallet.asset}
                            fw={600}
                            ta="left"
                            {...(place === 0 ? { fz: 'h3' } : {})}
                        />
                    </Stack>
                ))}
            </SimpleGrid>
            <Text size="xs" c="dimmed" mt="sm" className="figures">
                Version {wallet.version}: it has {wallet.version} entries.
            </Text>
        </Panel>
    );
}
