/** Who holds what, an asset at a time: the lines sum to zero, or something is wrong. */
import { Badge, SimpleGrid, Stack, Table, Text } from '@mantine/core';
import { queryOptions, useQuery } from '@tanstack/react-query';
import { api, done } from '../../api/client';
import { Amount } from '../../components/Amount';
import { Panel } from '../../components/Panel';
import { Empty, Failure, Loading } from '../../components/states';

const trialBalanceQuery = queryOptions({
    queryKey: ['trial-balance'],
    queryFn: () => done(api.GET('/v1/ledger/trial-balance')),
    refetchInterval: 15_000,
});

export function TrialBalances() {
    const trial = useQuery(trialBalanceQuery);
    const light = trial.data && (
        <Badge
            color={trial.data.is_balanced ? 'florin' : 'red'}
            variant="light"
            tt="none"
            leftSection={<span aria-hidden>{trial.data.is_balanced ? '✓' : '✕'}</span>}
        >
            {trial.data.is_balanced ? 'balanced' : 'not balanced'}
        </Badge>
    );
    return (
        <Panel title="Trial balance" aside={light}>
            {trial.isPending ? (
                <Loading />
            ) : trial.isError ? (
                <Failure error={trial.error} retry={() => void trial.refetch()} />
            ) : trial.data.assets.length === 0 ? (
                <Empty title="No assets yet">Create one under Assets.</Empty>
            ) : (
                <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="xl">
                    {trial.data.assets.map((asset) => (
                        <Stack key={asset.asset} gap={4}>
                            <Text fw={600}>{asset.asset}</Text>
                            <Table verticalSpacing={4} aria-label={`Trial balance of ${asset.asset}`}>
                                <Table.Tbody>
                                    {asset.lines.map((line) => (
                                        <Table.Tr key={line.owner}>
                                            <Table.Th fw={400}>{line.owner}</Table.Th>
                                            <Table.Td ta="right">
                                                <Amount value={line.posted} size="sm" />
                                            </Table.Td>
                                        </Table.Tr>
                                    ))}
                                    <Table.Tr>
                                        <Table.Th>sum</Table.Th>
                                        <Table.Td ta="right">
                                            <Amount value={asset.sum} size="sm" fw={600} />
                                        </Table.Td>
                                    </Table.Tr>
                                </Table.Tbody>
                            </Table>
                        </Stack>
                    ))}
                </SimpleGrid>
            )}
        </Panel>
    );
}
