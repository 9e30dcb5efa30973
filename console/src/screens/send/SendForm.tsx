/** What is to be sent, as it is typed: whatever stands against it is said beside the field, and the way on stays shut. */
import { Button, Group, Select, Stack, Text, TextInput, Tooltip } from '@mantine/core';
import { useState, type FormEvent } from 'react';
import { useQueryClient } from '@tanstack/react-query';
import { codeOf, sayError } from '../../api/problem';
import type { Asset, Wallet } from '../../api/types';
import { Panel } from '../../components/Panel';
import { Empty } from '../../components/states';
import { faultOf, group, normalise, toMinor } from '../../money/decimal';
import { loadDraft } from '../../movements/draft';
import type { Movement } from '../../movements/perform';
import { recipientQuery } from './recipients';

interface SendFormProps {
    wallets: Wallet[];
    assets: Asset[];
    initial: { from: number | undefined; to: string | undefined };
    onReview: (movement: Movement, version: number) => void;
}

export function SendForm({ wallets, assets, initial, onReview }: SendFormProps) {
    const queries = useQueryClient();
    // What a reload or a refusal has interrupted is still there.
    const [earlier] = useState(() => loadDraft(sessionStorage)?.movement);
    const draft = earlier?.type === 'transfer' ? earlier : undefined;
    const open = wallets.filter((wallet) => wallet.status === 'active');
    const [from, setFrom] = useState(String(draft?.from_wallet_id ?? initial.from ?? open[0]?.id ?? ''));
    const [to, setTo] = useState(draft ? String(draft.to_wallet_id) : (initial.to ?? ''));
    const [amount, setAmount] = useState(draft?.amount ?? '');
    const [reference, setReference] = useState(draft?.reference ?? '');
    const [toFault, setToFault] = useState<string>();
    const [isLooking, setLooking] = useState(false);

    const wallet = wallets.find((one) => String(one.id) === from);
    const scale = assets.find((asset) => asset.code === wallet?.asset)?.scale ?? 2;
    const typed = normalise(amount);
    const amountFault =
        faultOf(typed, scale) ??
        (wallet && isMore(typed, wallet.available, scale)
            ? `That is more than the ${group(wallet.available)} available.`
            : undefined);
    const stands = !wallet
        ? 'Choose a wallet that gives.'
        : wallet.status !== 'active'
          ? `The wallet is ${wallet.status}.`
          : to.trim() === ''
            ? 'Say who gets it.'
            : amountFault;

    async function submit(event: FormEvent) {
        event.preventDefault();
        if (stands || !wallet) return;
        setLooking(true);
        setToFault(undefined);
        try {
            const wanted = to.trim();
            const query = /^[1-9]\d*$/.test(wanted)
                ? { wallet_id: Number(wanted) }
                : { username: wanted, asset: wallet.asset };
            const recipient = await queries.fetchQuery(recipientQuery(query));
            // The review shows their name without asking again.
            queries.setQueryData(recipientQuery({ wallet_id: recipient.wallet_id }).queryKey, recipient);
            if (recipient.wallet_id === wallet.id) return setToFault('That is the wallet that gives.');
            if (recipient.asset !== wallet.asset)
                return setToFault(`Wallet ${recipient.wallet_id} holds ${recipient.asset}, not ${wallet.asset}.`);
            const note = reference.trim();
            onReview(
                {
                    type: 'transfer',
                    from_wallet_id: wallet.id,
                    to_wallet_id: recipient.wallet_id,
                    amount: typed,
                    ...(note ? { reference: note } : {}),
                },
                wallet.version,
            );
        } catch (error) {
            setToFault(
                codeOf(error) === 'recipient_not_found'
                    ? `Nobody by that name or number can get ${wallet.asset}.`
                    : sayError(error),
            );
        } finally {
            setLooking(false);
        }
    }

    if (wallets.length === 0) return <Empty title="You have no wallet to send from">Open one under Wallets.</Empty>;
    return (
        <Panel title="What to send">
            <form onSubmit={(event) => void submit(event)}>
                <Stack maw={480}>
                    <Select
                        label="From"
                        data={wallets.map((one) => ({
                            value: String(one.id),
                            label: `${one.asset} · ${one.name} · no. ${one.id}`,
                            disabled: one.status !== 'active',
                        }))}
                        value={from}
                        onChange={(value) => setFrom(value ?? '')}
                        allowDeselect={false}
                        description={wallet && `${group(wallet.available)} ${wallet.asset} available`}
                        {...(wallet && wallet.status !== 'active' ? { error: `This wallet is ${wallet.status}.` } : {})}
                    />
                    <TextInput
                        label="To"
                        description="A user name, or a wallet's number"
                        placeholder="bob"
                        value={to}
                        error={toFault}
                        onChange={(event) => {
                            setTo(event.currentTarget.value);
                            setToFault(undefined);
                        }}
                        autoComplete="off"
                    />
                    <TextInput
                        label="Amount"
                        inputMode="decimal"
                        placeholder={scale > 0 ? `0.${'0'.repeat(scale)}` : '0'}
                        value={amount}
                        onChange={(event) => setAmount(event.currentTarget.value)}
                        error={amount === '' ? undefined : amountFault}
                        rightSection={
                            <Text size="sm" c="dimmed">
                                {wallet?.asset}
                            </Text>
                        }
                        rightSectionWidth={64}
                        styles={{ input: { textAlign: 'right', fontVariantNumeric: 'tabular-nums' } }}
                        autoComplete="off"
                    />
                    <TextInput
                        label="Reference"
                        description="A note that both of you see"
                        value={reference}
                        maxLength={140}
                        onChange={(event) => setReference(event.currentTarget.value)}
                    />
                    <Group justify="flex-end">
                        <Tooltip label={stands} disabled={!stands}>
                            <Button
                                type="submit"
                                loading={isLooking}
                                {...(stands
                                    ? {
                                          'data-disabled': true,
                                          'aria-disabled': true,
                                          onClick: (event: FormEvent) => event.preventDefault(),
                                      }
                                    : {})}
                            >
                                Review
                            </Button>
                        </Tooltip>
                    </Group>
                    {stands && amount !== '' && (
                        <Text size="sm" c="dimmed" ta="right" role="status">
                            {stands}
                        </Text>
                    )}
                </Stack>
            </form>
        </Panel>
    );
}

function isMore(amount: string, available: string, scale: number): boolean {
    const [wanted, has] = [toMinor(amount, scale), toMinor(available, scale)];
    return wanted !== undefined && has !== undefined && wanted > has;
}
