/** Transactions as rows, wherever they are listed. */
import { Group, Text } from '@mantine/core';
import type { Transaction, TransactionType } from '../api/types';
import { Amount } from './Amount';
import { LinkedAnchor } from './Linked';
import { Moment } from './Moment';
import type { Column } from './PagedTable';
import { StatusBadge } from './StatusBadge';

export const TRANSACTION_TYPES: TransactionType[] = [
    'transfer',
    'deposit',
    'withdrawal',
    'top_up',
    'spend',
    'bonus',
    'payout',
    'reversal',
];

export const typeName = (type: string) => type.replace('_', ' ').replace(/^./, (first) => first.toUpperCase());

export const transactionColumns: Column<Transaction>[] = [
    {
        title: 'What',
        cell: (transaction) => (
            <Group gap={6} wrap="nowrap">
                <LinkedAnchor to="/transactions/$id" params={{ id: transaction.id }} fw={500} size="sm">
                    {typeName(transaction.type)}
                </LinkedAnchor>
                {transaction.reference && (
                    <Text c="dimmed" size="sm" lineClamp={1}>
                        {transaction.reference}
                    </Text>
                )}
            </Group>
        ),
    },
    { title: 'From', isSecondary: true, cell: (transaction) => <WalletLink id={transaction.from_wallet_id} /> },
    { title: 'To', isSecondary: true, cell: (transaction) => <WalletLink id={transaction.to_wallet_id} /> },
    {
        title: 'Amount',
        isFigure: true,
        cell: (transaction) => <Amount value={transaction.amount} asset={transaction.asset} size="sm" />,
    },
    { title: 'Status', isSecondary: true, cell: (transaction) => <StatusBadge status={transaction.status} /> },
    { title: 'When', isFigure: true, cell: (transaction) => <Moment at={transaction.created_at} size="sm" /> },
];

export function WalletLink({ id }: { id: number }) {
    return (
        <LinkedAnchor to="/wallets/$id" params={{ id }} size="sm" className="figures">
            Wallet {id}
        </LinkedAnchor>
    );
}
