/** Giving back what a transaction moved, in full or in part. */
import { Button, Modal, Stack, Text, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { Transaction } from '../../api/types';
import { Amount } from '../../components/Amount';
import { faultOf, normalise, scaleOf } from '../../money/decimal';
import { MovementFlow } from '../../movements/MovementFlow';
import { useMovement } from '../../movements/useMovement';
import { assetsQuery } from '../../queries';

interface ReverseProps {
    transaction: Transaction;
    onClose: () => void;
}

export function Reverse({ transaction, onClose }: ReverseProps) {
    const movement = useMovement();
    const assets = useQuery(assetsQuery);
    const scale = assets.data?.find((asset) => asset.code === transaction.asset)?.scale ?? scaleOf(transaction.amount);
    const [amount, setAmount] = useState('');
    const [reference, setReference] = useState('');
    const fault = amount === '' ? undefined : faultOf(normalise(amount), scale);
    const note = reference.trim();
    return (
        <Modal opened onClose={onClose} title="Reverse it" centered size="lg">
            <MovementFlow
                movement={movement}
                asset={transaction.asset}
                confirmLabel="Reverse it"
                review={({ movement: draft }) => [
                    ['From', `Wallet ${transaction.to_wallet_id}`],
                    ['Back to', `Wallet ${transaction.from_wallet_id}`],
                    [
                        'Amount',
                        draft.amount ? (
                            <Amount key="amount" value={draft.amount} asset={transaction.asset} />
                        ) : (
                            'All that is left of it'
                        ),
                    ],
                ]}
            >
                <Stack>
                    <Text size="sm">
                        Wallet {transaction.to_wallet_id} gives back to wallet {transaction.from_wallet_id} what it got:
                        a new transaction that points to this one. The parts never add up to more than it moved.
                    </Text>
                    <TextInput
                        label="Amount"
                        description={`All that is left of ${transaction.amount} ${transaction.asset} if it is empty`}
                        inputMode="decimal"
                        value={amount}
                        error={fault}
                        onChange={(event) => setAmount(event.currentTarget.value)}
                        data-autofocus
                    />
                    <TextInput
                        label="Reference"
                        value={reference}
                        maxLength={140}
                        onChange={(event) => setReference(event.currentTarget.value)}
                    />
                    <Button
                        disabled={fault !== undefined}
                        onClick={() =>
                            movement.review({
                                type: 'reversal',
                                transaction_id: transaction.id,
                                ...(amount === '' ? {} : { amount: normalise(amount) }),
                                ...(note ? { reference: note } : {}),
                            })
                        }
                    >
                        Review
                    </Button>
                </Stack>
            </MovementFlow>
        </Modal>
    );
}
