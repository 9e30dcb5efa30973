/** Everything that moved, newest first. */
import { Group, Select } from '@mantine/core';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import type { TransactionStatus } from '../../api/types';
import { Page } from '../../components/Page';
import { PagedTable } from '../../components/PagedTable';
import { Panel } from '../../components/Panel';
import { TRANSACTION_TYPES, transactionColumns, typeName } from '../../components/TransactionList';
import { useFilter } from '../../components/useFilter';
import { assetsQuery, transactionsQuery, type TransactionFilter } from '../../queries';

const STATUSES: TransactionStatus[] = ['COMPLETED', 'FAILED'];

export function Transactions() {
    const assets = useQuery(assetsQuery);
    const [filter, only] = useFilter<TransactionFilter>();
    const transactions = useInfiniteQuery(transactionsQuery(filter));
    return (
        <Page title="Transactions">
            <Panel
                title="All of them"
                aside={
                    <Group gap="xs">
                        <Select
                            size="xs"
                            aria-label="Type"
                            placeholder="Any type"
                            clearable
                            w={130}
                            data={TRANSACTION_TYPES.map((type) => ({ value: type, label: typeName(type) }))}
                            value={filter.type ?? null}
                            onChange={only('type')}
                        />
                        <Select
                            size="xs"
                            aria-label="Status"
                            placeholder="Any status"
                            clearable
                            w={130}
                            data={STATUSES.map((status) => ({ value: status, label: status.toLowerCase() }))}
                            value={filter.status ?? null}
                            onChange={only('status')}
                        />
                        <Select
                            size="xs"
                            aria-label="Asset"
                            placeholder="Any asset"
                            clearable
                            w={120}
                            data={assets.data?.map((one) => one.code) ?? []}
                            value={filter.asset ?? null}
                            onChange={only('asset')}
                        />
                    </Group>
                }
            >
                <PagedTable
                    label="Transactions"
                    query={transactions}
                    columns={transactionColumns}
                    rowKey={(transaction) => transaction.id}
                    empty="No such transactions"
                />
            </Panel>
        </Page>
    );
}
