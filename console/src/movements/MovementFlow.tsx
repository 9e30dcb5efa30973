/**
 * What a movement goes through after its form: review, PIN, sending, and the end. One component for all of them, so that a
 * lost answer, a conflict and a refusal look the same everywhere.
 */
import { Alert, Button, Code, Group, Loader, Stack, Text, ThemeIcon, Title } from '@mantine/core';
import { IconAlertTriangle, IconCheck, IconRefresh } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import type { Transaction } from '../api/types';
import { Amount } from '../components/Amount';
import { Facts, type Fact } from '../components/Facts';
import { LinkedButton } from '../components/Linked';
import { Moment } from '../components/Moment';
import { Panel } from '../components/Panel';
import { PinPad } from '../components/PinPad';
import type { Draft } from './draft';
import type { useMovement } from './useMovement';
import { sayMovement } from './words';

interface MovementFlowProps {
    movement: ReturnType<typeof useMovement>;
    asset: string;
    /** What to look over before it is confirmed: rows of names and values. */
    review: (draft: Draft) => Fact[];
    confirmLabel: string;
    /** The form. */
    children: ReactNode;
}

export function MovementFlow({ movement, asset, review, confirmLabel, children }: MovementFlowProps) {
    const { stage } = movement;
    switch (stage.is) {
        case 'editing':
            return children;
        case 'reviewing':
        case 'asking-pin':
        case 'sending':
            return (
                <Panel title="Look it over">
                    <Facts label="What is about to happen" facts={review(stage.draft)} />
                    <Group mt="md" justify="flex-end">
                        <Button
                            variant="default"
                            onClick={movement.edit}
                            disabled={stage.is !== 'reviewing' || stage.draft.sent}
                        >
                            Change it
                        </Button>
                        <Button onClick={() => movement.confirm(stage.draft)} loading={stage.is === 'sending'}>
                            {confirmLabel}
                        </Button>
                    </Group>
                    {stage.is === 'asking-pin' && (
                        <PinPad
                            title={stage.resolves ? 'PIN, to find out' : 'Your PIN'}
                            approves={`${sayMovement(stage.draft.movement, asset)}.${stage.resolves ? ' Under the same key: if it was done, it is not done again.' : ''}`}
                            {...(stage.fault ? { fault: stage.fault } : {})}
                            onEnter={(pin) => movement.enterPin(stage.draft, pin)}
                            onCancel={() =>
                                stage.draft.sent
                                    ? movement.leaveUnknown(stage.draft)
                                    : movement.backToReview(stage.draft)
                            }
                        />
                    )}
                </Panel>
            );
        case 'checking':
            return (
                <Panel title="Checking">
                    <Group wrap="nowrap" role="status">
                        <Loader size="sm" />
                        <Text>
                            No answer came, so the same request is sent again under the same key ({stage.question}). If
                            it was done, it is not done a second time.
                        </Text>
                    </Group>
                </Panel>
            );
        case 'unknown':
            return (
                <Alert
                    color="yellow"
                    icon={<IconAlertTriangle />}
                    title="It is not known yet whether this was done"
                    role="alert"
                >
                    <Stack gap="xs" align="flex-start">
                        <Text size="sm">{stage.fault}</Text>
                        <Text size="sm">
                            {sayMovement(stage.draft.movement, asset)}, under the key <Code>{stage.draft.key}</Code>.
                            Asking again finds out; it can happen once only.
                        </Text>
                        <Button leftSection={<IconRefresh size={16} />} onClick={() => movement.resolve(stage.draft)}>
                            Find out
                        </Button>
                    </Stack>
                </Alert>
            );
        case 'conflict':
            return (
                <Alert
                    color="yellow"
                    icon={<IconAlertTriangle />}
                    title="The wallet has changed since you looked"
                    role="alert"
                >
                    <Stack gap="xs" align="flex-start">
                        <Text size="sm">
                            You looked at version {stage.draft.version}, and it is at version{' '}
                            {stage.currentVersion ?? '?'} now: something else moved on it meanwhile. Nothing was sent.
                            Its balance below is the new one.
                        </Text>
                        <Facts label="What is about to happen" facts={review(stage.draft)} />
                        <Group>
                            <Button onClick={() => movement.reviewAgain(stage.draft, stage.currentVersion)}>
                                Look it over again
                            </Button>
                            <Button variant="default" onClick={movement.startOver}>
                                Give it up
                            </Button>
                        </Group>
                    </Stack>
                </Alert>
            );
        case 'refused':
            return (
                <Alert color="red" icon={<IconAlertTriangle />} title={stage.problem.title} role="alert">
                    <Stack gap="xs" align="flex-start">
                        <Text size="sm">{stage.problem.detail}</Text>
                        <Button variant="default" onClick={movement.edit}>
                            Change it
                        </Button>
                    </Stack>
                </Alert>
            );
        case 'done':
            return <Receipt transaction={stage.transaction} onAgain={movement.startOver} />;
    }
}

function Receipt({ transaction, onAgain }: { transaction: Transaction; onAgain: () => void }) {
    return (
        <Panel title="Receipt">
            <Stack align="center" gap="xs" role="status">
                <ThemeIcon size={56} radius="xl" variant="light">
                    <IconCheck size={32} />
                </ThemeIcon>
                <Title order={3}>Done</Title>
                <Amount value={transaction.amount} asset={transaction.asset} fz="h1" fw={600} />
                <Text c="dimmed" size="sm">
                    Wallet {transaction.from_wallet_id} to wallet {transaction.to_wallet_id} ·{' '}
                    <Moment at={transaction.created_at} size="sm" />
                </Text>
                {transaction.reference && <Text size="sm">{transaction.reference}</Text>}
                <Group mt="sm">
                    <LinkedButton variant="default" to="/transactions/$id" params={{ id: transaction.id }}>
                        Show the transaction
                    </LinkedButton>
                    <Button onClick={onAgain}>Another one</Button>
                </Group>
            </Stack>
        </Panel>
    );
}
