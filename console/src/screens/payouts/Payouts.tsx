/** All payouts. */
import { useInfiniteQuery } from '@tanstack/react-query';
import type { Payout } from '../../api/types';
import { Amount } from '../../components/Amount';
import { LinkedAnchor, LinkedButton } from '../../components/Linked';
import { Moment } from '../../components/Moment';
import { Page } from '../../components/Page';
import { PagedTable, type Column } from '../../components/PagedTable';
import { Panel } from '../../components/Panel';
import { StatusBadge } from '../../components/StatusBadge';
import { Empty } from '../../components/states';
import { payoutsQuery } from './queries';

const columns: Column<Payout>[] = [
    {
        title: 'Payout',
        cell: (payout) => (
            <LinkedAnchor to="/payouts/$id" params={{ id: payout.id }} size="sm">
                {payout.id} · {payout.name ?? 'without a name'}
            </LinkedAnchor>
        ),
    },
    { title: 'From', isSecondary: true, cell: (payout) => `Wallet ${payout.source_wallet_id}` },
    {
        title: 'Rows',
        isFigure: true,
        isSecondary: true,
        cell: (payout) => <span className="figures">{payout.rows.toLocaleString('en')}</span>,
    },
    {
        title: 'Total',
        isFigure: true,
        cell: (payout) => <Amount value={payout.total} asset={payout.asset} size="sm" />,
    },
    { title: 'State', cell: (payout) => <StatusBadge status={payout.state} /> },
    {
        title: 'Since',
        isFigure: true,
        isSecondary: true,
        cell: (payout) => <Moment at={payout.created_at} size="sm" />,
    },
];

export function Payouts() {
    const payouts = useInfiniteQuery(payoutsQuery);
    return (
        <Page
            title="Payouts"
            subtitle="Many people paid from one file, each exactly once."
            actions={<LinkedButton to="/payouts/new">New payout</LinkedButton>}
        >
            <Panel title="All of them">
                <PagedTable
                    label="Payouts"
                    query={payouts}
                    columns={columns}
                    rowKey={(payout) => payout.id}
                    empty={<Empty title="No payouts yet">A payout takes a CSV file of recipients and amounts.</Empty>}
                />
            </Panel>
        </Page>
    );
}
