/** What is worth knowing before anything is paid. */
import { Alert, List, SimpleGrid, Stack, Table, Text } from '@mantine/core';
import { IconAlertTriangle, IconCheck } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Amount } from '../../components/Amount';
import { Figure } from '../../components/Figure';
import { LinkedAnchor } from '../../components/Linked';
import { Panel } from '../../components/Panel';
import { Failure, Loading } from '../../components/states';
import { preflightQuery } from './queries';

export function Preflight({ payoutId, digest, asset }: { payoutId: number; digest: string; asset: string }) {
    const preflight = useQuery(preflightQuery(payoutId, digest));
    if (preflight.isPending) return <Loading />;
    if (preflight.isError) return <Failure error={preflight.error} retry={() => void preflight.refetch()} />;
    const { data } = preflight;
    return (
        <Panel title="Look it over">
            <Stack>
                <SimpleGrid cols={{ base: 2, sm: 4 }}>
                    <Figure name="Rows">
                        <Text fw={600} className="figures">
                            {data.rows.toLocaleString('en')}
                        </Text>
                    </Figure>
                    <Figure name="Total">
                        <Amount value={data.total} asset={asset} fw={600} ta="left" />
                    </Figure>
                    <Figure name={`Wallet ${data.source.wallet_id} has`}>
                        <Amount value={data.source.available} asset={asset} ta="left" />
                    </Figure>
                    <Figure name="Lacks">
                        <Amount value={data.shortfall} asset={asset} ta="left" />
                    </Figure>
                </SimpleGrid>
                {data.ready && data.problems.length === 0 ? (
                    <Alert color="florin" icon={<IconCheck />} title="As things stand, every row will be paid" />
                ) : (
                    <Alert color="yellow" icon={<IconAlertTriangle />} title="Worth knowing">
                        <List size="sm">
                            {data.problems.map((problem) => (
                                <List.Item key={problem}>{problem}</List.Item>
                            ))}
                        </List>
                    </Alert>
                )}
                {data.likely_duplicate_of && (
                    <Text size="sm">
                        It looks like{' '}
                        <LinkedAnchor to="/payouts/$id" params={{ id: data.likely_duplicate_of }}>
                            payout {data.likely_duplicate_of}
                        </LinkedAnchor>
                        .
                    </Text>
                )}
                <Table aria-label="The largest rows" verticalSpacing={4}>
                    <Table.Caption>The largest rows</Table.Caption>
                    <Table.Tbody>
                        {data.largest.slice(0, 5).map((row) => (
                            <Table.Tr key={row.row}>
                                <Table.Td className="figures">row {row.row}</Table.Td>
                                <Table.Td>{row.recipient_id}</Table.Td>
                                <Table.Td ta="right">
                                    <Amount value={row.amount} size="sm" />
                                </Table.Td>
                            </Table.Tr>
                        ))}
                    </Table.Tbody>
                </Table>
                <Text size="xs" c="dimmed" style={{ overflowWrap: 'anywhere' }}>
                    Digest of the rows: {data.digest}
                </Text>
            </Stack>
        </Panel>
    );
}
