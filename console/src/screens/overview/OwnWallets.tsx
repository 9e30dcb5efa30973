/** One card a wallet: what it has, what is held, what can be spent. */
import { Card, Group, SimpleGrid, Stack, Text } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import type { Wallet } from '../../api/types';
import { Amount } from '../../components/Amount';
import { Figure } from '../../components/Figure';
import { LinkedAnchor } from '../../components/Linked';
import { StatusBadge } from '../../components/StatusBadge';
import { Empty, Failure, Loading } from '../../components/states';
import { walletsQuery } from '../../queries';

export function OwnWallets({ userId }: { userId: number }) {
    const wallets = useInfiniteQuery(walletsQuery({ user_id: userId }));
    if (wallets.isPending) return <Loading lines={3} />;
    if (wallets.isError) return <Failure error={wallets.error} retry={() => void wallets.refetch()} />;
    const all = wallets.data.pages.flatMap((page) => page.data).filter((wallet) => wallet.status !== 'closed');
    if (all.length === 0) return <Empty title="No wallets yet">Open one under Wallets.</Empty>;
    return (
        <SimpleGrid cols={{ base: 1, xs: 2, md: 3 }} spacing="md">
            {all.map((wallet) => (
                <WalletCard key={wallet.id} wallet={wallet} />
            ))}
        </SimpleGrid>
    );
}

function WalletCard({ wallet }: { wallet: Wallet }) {
    return (
        <Card withBorder padding="md" component="article" aria-label={`Wallet ${wallet.name}, ${wallet.asset}`}>
            <Group justify="space-between" wrap="nowrap">
                <LinkedAnchor to="/wallets/$id" params={{ id: wallet.id }} fw={600}>
                    {wallet.name === 'main' ? wallet.asset : `${wallet.name} (${wallet.asset})`}
                </LinkedAnchor>
                {wallet.status === 'active' ? (
                    <Text size="xs" c="dimmed" className="figures">
                        no. {wallet.id}
                    </Text>
                ) : (
                    <StatusBadge status={wallet.status} />
                )}
            </Group>
            <Stack gap={2} mt="sm">
                <Text size="xs" c="dimmed">
                    Available
                </Text>
                <Amount value={wallet.available} asset={wallet.asset} fz="h2" fw={600} ta="left" />
            </Stack>
            <Group mt="sm" gap="lg">
                <Figure name="Balance">
                    <Amount value={wallet.posted} size="sm" />
                </Figure>
                <Figure name="Held">
                    <Amount value={wallet.held} size="sm" />
                </Figure>
                {wallet.credit_limit !== undefined && !/^0(\.0*)?$/.test(wallet.credit_limit) && (
                    <Figure name="Credit limit">
                        <Amount value={wallet.credit_limit} size="sm" />
                    </Figure>
                )}
            </Group>
        </Card>
    );
}
