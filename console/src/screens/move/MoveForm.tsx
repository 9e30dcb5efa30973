/** What is to be moved, as it is typed. */
import { Button, Group, Select, Stack, Text, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import type { Asset, User, Wallet } from '../../api/types';
import { Panel } from '../../components/Panel';
import { faultOf, group, normalise } from '../../money/decimal';
import type { Movement } from '../../movements/perform';
import { walletQuery } from '../../queries';
import type { Kind } from './kinds';

interface MoveFormProps {
    kind: Kind;
    me: User;
    /** A person's own; operators name any. */
    wallets: Wallet[];
    assets: Asset[];
    initial: { wallet?: number | undefined; user?: number | undefined };
    onReview: (movement: Movement, version?: number) => void;
}

export function MoveForm({ kind, me, wallets, assets, initial, onReview }: MoveFormProps) {
    const isOperator = me.role === 'operator';
    const [walletText, setWallet] = useState(String(initial.wallet ?? wallets[0]?.id ?? ''));
    const [userText, setUser] = useState(String(initial.user ?? (isOperator ? '' : me.id)));
    const [assetCode, setAsset] = useState(wallets[0]?.asset ?? assets[0]?.code ?? '');
    const [amount, setAmount] = useState('');
    const [reference, setReference] = useState('');

    const walletId = idOf(walletText);
    const userId = idOf(userText);
    const wallet = useQuery({
        ...walletQuery(walletId ?? 0),
        enabled: kind.names === 'wallet' && walletId !== undefined,
        retry: false,
    });
    const code = kind.names === 'wallet' ? wallet.data?.asset : assetCode;
    const scale = assets.find((asset) => asset.code === code)?.scale ?? 2;
    const typed = normalise(amount);
    const amountFault = faultOf(typed, scale);
    const stands = whoStands() ?? amountFault;

    function whoStands(): string | undefined {
        if (kind.names === 'user')
            return userId === undefined ? 'Say whose wallet it is, by the user’s number.' : undefined;
        if (walletId === undefined) return 'Say which wallet, by its number.';
        if (wallet.isError) return `There is no wallet ${walletId}.`;
        if (wallet.data && wallet.data.status !== 'active') return `The wallet is ${wallet.data.status}.`;
        return wallet.data ? undefined : 'Looking it up…';
    }

    function submit(event: FormEvent) {
        event.preventDefault();
        if (stands) return;
        const note = reference.trim() ? { reference: reference.trim() } : {};
        if (kind.names === 'wallet' && walletId !== undefined) {
            onReview(
                { type: kind.type, wallet_id: walletId, amount: typed, ...note } as Movement,
                wallet.data?.version,
            );
        } else if (userId !== undefined) {
            onReview({ type: kind.type, user_id: userId, asset: assetCode, amount: typed, ...note } as Movement);
        }
    }

    return (
        <Panel title={kind.title}>
            <form onSubmit={submit}>
                <Stack maw={480}>
                    {kind.names === 'wallet' && isOperator && (
                        <TextInput
                            label="Wallet"
                            description="Its number"
                            inputMode="numeric"
                            value={walletText}
                            onChange={(event) => setWallet(event.currentTarget.value)}
                        />
                    )}
                    {kind.names === 'wallet' && !isOperator && (
                        <Select
                            label="Wallet"
                            data={wallets.map((one) => ({
                                value: String(one.id),
                                label: `${one.asset} · ${one.name} · no. ${one.id}`,
                                disabled: one.status !== 'active',
                            }))}
                            value={walletText}
                            onChange={(value) => setWallet(value ?? '')}
                            allowDeselect={false}
                        />
                    )}
                    {kind.names === 'user' && isOperator && (
                        <TextInput
                            label="User"
                            description="Their number, from the list of users"
                            inputMode="numeric"
                            value={userText}
                            onChange={(event) => setUser(event.currentTarget.value)}
                        />
                    )}
                    {kind.names === 'user' && (
                        <Select
                            label="Asset"
                            data={assets.map((asset) => ({
                                value: asset.code,
                                label: `${asset.code} · ${asset.name}`,
                            }))}
                            value={assetCode}
                            onChange={(value) => setAsset(value ?? '')}
                            allowDeselect={false}
                        />
                    )}
                    <TextInput
                        label="Amount"
                        inputMode="decimal"
                        value={amount}
                        onChange={(event) => setAmount(event.currentTarget.value)}
                        error={amount === '' ? undefined : amountFault}
                        description={
                            kind.names === 'wallet' && wallet.data
                                ? `${group(wallet.data.available)} ${wallet.data.asset} available`
                                : undefined
                        }
                        rightSection={
                            <Text size="sm" c="dimmed">
                                {code}
                            </Text>
                        }
                        rightSectionWidth={64}
                        styles={{ input: { textAlign: 'right', fontVariantNumeric: 'tabular-nums' } }}
                    />
                    <TextInput
                        label="Reference"
                        value={reference}
                        maxLength={140}
                        onChange={(event) => setReference(event.currentTarget.value)}
                    />
                    <Group justify="flex-end">
                        {stands && (
                            <Text size="sm" c="dimmed" role="status">
                                {stands}
                            </Text>
                        )}
                        <Button type="submit" disabled={stands !== undefined}>
                            Review
                        </Button>
                    </Group>
                </Stack>
            </form>
        </Panel>
    );
}

function idOf(text: string): number | undefined {
    return /^[1-9]\d{0,15}$/.test(text.trim()) ? Number(text) : undefined;
}
