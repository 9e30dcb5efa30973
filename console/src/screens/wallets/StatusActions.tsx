/** Freezing, thawing and closing: on the version that one sees, or not at all. */
import { Button, Menu, Modal, Stack, Text } from '@mantine/core';
import { IconChevronDown } from '@tabler/icons-react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api, done } from '../../api/client';
import type { Wallet, WalletStatus } from '../../api/types';
import { Failure } from '../../components/states';

interface Change {
    status: WalletStatus;
    verb: string;
    means: string;
}

const FREEZE: Change = {
    status: 'frozen',
    verb: 'Freeze',
    means: 'No money moves in or out until an operator thaws it.',
};
const THAW: Change = { status: 'active', verb: 'Thaw', means: 'Money moves again.' };
const CLOSE: Change = { status: 'closed', verb: 'Close', means: 'It has to be empty, and it never opens again.' };

export function StatusActions({ wallet, isOperator }: { wallet: Wallet; isOperator: boolean }) {
    const [change, setChange] = useState<Change>();
    const changes = [
        ...(isOperator && wallet.status === 'active' ? [FREEZE] : []),
        ...(isOperator && wallet.status === 'frozen' ? [THAW] : []),
        ...(wallet.status !== 'closed' ? [CLOSE] : []),
    ];
    if (changes.length === 0) return null;
    return (
        <>
            <Menu position="bottom-end">
                <Menu.Target>
                    <Button variant="default" rightSection={<IconChevronDown size={16} />}>
                        Change
                    </Button>
                </Menu.Target>
                <Menu.Dropdown>
                    {changes.map((one) => (
                        <Menu.Item key={one.verb} onClick={() => setChange(one)}>
                            {one.verb} it
                        </Menu.Item>
                    ))}
                </Menu.Dropdown>
            </Menu>
            {change && <Confirm wallet={wallet} change={change} onClose={() => setChange(undefined)} />}
        </>
    );
}

function Confirm({ wallet, change, onClose }: { wallet: Wallet; change: Change; onClose: () => void }) {
    const queries = useQueryClient();
    const apply = useMutation({
        mutationFn: () =>
            done(
                api.PATCH('/v1/wallets/{id}', {
                    params: { path: { id: wallet.id }, header: { 'If-Match': `"${wallet.version}"` } },
                    body: { status: change.status },
                }),
            ),
        onSuccess: onClose,
        onSettled: () => queries.invalidateQueries(),
    });
    return (
        <Modal opened onClose={onClose} title={`${change.verb} wallet ${wallet.id}?`} centered>
            <Stack>
                <Text size="sm">{change.means}</Text>
                {apply.isError && <Failure error={apply.error} />}
                <Button
                    color={change.status === 'active' ? 'florin' : 'red'}
                    loading={apply.isPending}
                    onClick={() => apply.mutate()}
                >
                    {change.verb} it
                </Button>
            </Stack>
        </Modal>
    );
}
