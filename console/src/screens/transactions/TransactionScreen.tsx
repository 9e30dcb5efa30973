/** One transaction: what moved from where to where, under which key, and what became of it later. */
import { Alert, Button, Code, CopyButton, Group } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useState } from 'react';
import type { Transaction } from '../../api/types';
import { Amount } from '../../components/Amount';
import { Facts, type Fact } from '../../components/Facts';
import { LinkedAnchor } from '../../components/Linked';
import { Moment } from '../../components/Moment';
import { Page } from '../../components/Page';
import { Panel } from '../../components/Panel';
import { StatusBadge } from '../../components/StatusBadge';
import { Failure, Loading } from '../../components/states';
import { typeName } from '../../components/TransactionList';
import { transactionQuery } from '../../queries';
import { Flow } from './Flow';
import { Reverse } from './Reverse';

const route = getRouteApi('/inside/transactions/$id');

export function TransactionScreen() {
    const { id } = route.useParams();
    const transaction = useQuery(transactionQuery(id));
    const [isReversing, setReversing] = useState(false);
    if (transaction.isPending) return <Loading />;
    if (transaction.isError) return <Failure error={transaction.error} retry={() => void transaction.refetch()} />;
    const { data } = transaction;
    const canReverse = data.status === 'COMPLETED' && data.type !== 'reversal';
    return (
        <Page
            title={typeName(data.type)}
            subtitle={
                <Group gap="xs">
                    <Moment at={data.created_at} /> <StatusBadge status={data.status} />
                </Group>
            }
            actions={
                canReverse && (
                    <Button variant="default" onClick={() => setReversing(true)}>
                        Reverse
                    </Button>
                )
            }
        >
            {data.failure && (
                <Alert color="red" title="It was refused, and nothing moved">
                    <Code>{data.failure.code}</Code>: {data.failure.available} was available, and {data.failure.needed}{' '}
                    was needed. A retry under its key gets this answer again.
                </Alert>
            )}
            <Panel title="What moved">
                <Flow transaction={data} />
            </Panel>
            <Panel title="Details">
                <Details transaction={data} />
            </Panel>
            {isReversing && <Reverse transaction={data} onClose={() => setReversing(false)} />}
        </Page>
    );
}

function Details({ transaction }: { transaction: Transaction }) {
    const { initiator } = transaction;
    const rows: Fact[] = [
        ['Amount', <Amount key="amount" value={transaction.amount} asset={transaction.asset} />],
        ['Id', <Copyable key="id" text={transaction.id} />],
        [
            'Idempotency key',
            transaction.idempotency_key ? <Copyable key="key" text={transaction.idempotency_key} /> : 'another’s',
        ],
        ['Reference', transaction.reference ?? 'none'],
        [
            'Asked for by',
            initiator ? `${initiator.type === 'user' ? 'user' : 'API key'} ${initiator.id}` : 'somebody else',
        ],
    ];
    if (transaction.reverses) {
        rows.push([
            'Reverses',
            <LinkedAnchor key="reverses" to="/transactions/$id" params={{ id: transaction.reverses }}>
                {transaction.reverses}
            </LinkedAnchor>,
        ]);
    }
    if (transaction.metadata)
        rows.push([
            'Metadata',
            <Code key="metadata" block>
                {JSON.stringify(transaction.metadata, null, 2)}
            </Code>,
        ]);
    return <Facts label="Details" facts={rows} />;
}

function Copyable({ text }: { text: string }) {
    return (
        <Group gap="xs">
            <Code>{text}</Code>
            <CopyButton value={text}>
                {({ copied, copy }) => (
                    <Button size="compact-xs" variant="subtle" onClick={copy}>
                        {copied ? 'Copied' : 'Copy'}
                    </Button>
                )}
            </CopyButton>
        </Group>
    );
}
