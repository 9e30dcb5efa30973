/** A transaction as a picture: the wallet that gave, the wallet that got, and their entries. */
import { Card, Group, Stack, Text } from '@mantine/core';
import { IconArrowDown, IconArrowRight } from '@tabler/icons-react';
import type { Transaction } from '../../api/types';
import { Amount } from '../../components/Amount';
import { LinkedAnchor } from '../../components/Linked';

export function Flow({ transaction }: { transaction: Transaction }) {
    const entryOf = (wallet: number) => transaction.entries?.find((entry) => entry.wallet_id === wallet);
    return (
        <Group justify="center" gap="md" align="center">
            <Side title="gives" wallet={transaction.from_wallet_id} entry={entryOf(transaction.from_wallet_id)} />
            <Stack align="center" gap={2} aria-hidden>
                <Amount value={transaction.amount} asset={transaction.asset} fw={600} />
                <Group visibleFrom="xs">
                    <IconArrowRight />
                </Group>
                <Group hiddenFrom="xs">
                    <IconArrowDown />
                </Group>
            </Stack>
            <Side title="gets" wallet={transaction.to_wallet_id} entry={entryOf(transaction.to_wallet_id)} />
        </Group>
    );
}

type Entry = NonNullable<Transaction['entries']>[number];

function Side({ title, wallet, entry }: { title: string; wallet: number; entry: Entry | undefined }) {
    return (
        <Card withBorder w={220}>
            <LinkedAnchor to="/wallets/$id" params={{ id: wallet }} fw={600}>
                Wallet {wallet}
            </LinkedAnchor>
            <Text size="sm" c="dimmed">
                {title}
            </Text>
            {entry ? (
                <Stack gap={2} mt="xs">
                    <Amount value={entry.amount} direction={entry.direction} ta="left" />
                    <Text size="xs" c="dimmed" className="figures">
                        {entry.balance_after == null ? (
                            'its balance is its owner’s to see'
                        ) : (
                            <>
                                then <Amount value={entry.balance_after} />, version {entry.version}
                            </>
                        )}
                    </Text>
                </Stack>
            ) : (
                <Text size="xs" c="dimmed" mt="xs">
                    no entry
                </Text>
            )}
        </Card>
    );
}
