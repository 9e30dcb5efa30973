/** Where one arrives: what one has, and what happened last; for operators, how the house is doing. */
import { Stack } from '@mantine/core';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { LinkedButton } from '../../components/Linked';
import { Page } from '../../components/Page';
import { PagedTable } from '../../components/PagedTable';
import { Panel } from '../../components/Panel';
import { Empty } from '../../components/states';
import { transactionColumns } from '../../components/TransactionList';
import { meQuery, transactionsQuery } from '../../queries';
import { BalanceOverTime } from './BalanceOverTime';
import { House } from './House';
import { OwnWallets } from './OwnWallets';

const RECENT = 10;

export function Overview() {
    const me = useQuery(meQuery);
    const recent = useInfiniteQuery(transactionsQuery({}, RECENT));
    const isOperator = me.data?.role === 'operator';
    return (
        <Page
            title="Overview"
            subtitle={me.data && `Good to see you, ${me.data.username}.`}
            actions={<LinkedButton to="/send">Send money</LinkedButton>}
        >
            <Stack gap="md">
                {isOperator ? <House /> : me.data && <OwnWallets userId={me.data.id} />}
                {!isOperator && me.data && <BalanceOverTime userId={me.data.id} />}
                <Panel
                    title="Recent transactions"
                    aside={
                        <LinkedButton to="/transactions" variant="subtle" size="compact-sm">
                            All transactions
                        </LinkedButton>
                    }
                >
                    <PagedTable
                        label="Recent transactions"
                        query={{ ...recent, hasNextPage: false } as typeof recent}
                        columns={transactionColumns}
                        rowKey={(transaction) => transaction.id}
                        empty={<Empty title="Nothing has moved yet">Send money, or ask the house for a top-up.</Empty>}
                    />
                </Panel>
            </Stack>
        </Page>
    );
}
