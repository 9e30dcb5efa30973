/** Where the PIN is entered: a pad of its own, for fingers and for keyboards; nothing keeps what was entered. */
import { Alert, Button, Group, Modal, SimpleGrid, Stack, Text } from '@mantine/core';
import { IconBackspace } from '@tabler/icons-react';
import { useState, type KeyboardEvent } from 'react';

interface PinPadProps {
    title: string;
    /** What the PIN is about to approve, in a sentence. */
    approves: string;
    fault?: string;
    onEnter: (pin: string) => Promise<void>;
    onCancel: () => void;
}

const DIGITS = ['1', '2', '3', '4', '5', '6', '7', '8', '9'];
const LENGTH_MIN = 4;
const LENGTH_MAX = 8;

export function PinPad({ title, approves, fault, onEnter, onCancel }: PinPadProps) {
    const [pin, setPin] = useState('');
    const [isSending, setSending] = useState(false);
    const add = (digit: string) => setPin((entered) => (entered + digit).slice(0, LENGTH_MAX));
    const removeLast = () => setPin((entered) => entered.slice(0, -1));

    async function enter() {
        if (pin.length < LENGTH_MIN || isSending) return;
        setSending(true);
        await onEnter(pin).finally(() => {
            setSending(false);
            setPin('');
        });
    }

    function press(event: KeyboardEvent) {
        if (/^\d$/.test(event.key)) add(event.key);
        else if (event.key === 'Backspace') removeLast();
        else if (event.key === 'Enter' && !(event.target instanceof HTMLButtonElement)) void enter();
        else return;
        event.preventDefault();
    }

    return (
        <Modal opened onClose={onCancel} title={title} centered size="xs" closeButtonProps={{ 'aria-label': 'Cancel' }}>
            <Stack gap="md" onKeyDown={press}>
                <Text size="sm">{approves}</Text>
                <Group
                    justify="center"
                    gap="xs"
                    tabIndex={0}
                    data-autofocus
                    role="img"
                    aria-label={`${pin.length} digits entered`}
                >
                    {Array.from({ length: Math.max(LENGTH_MIN, pin.length) }, (_, place) => (
                        <Text key={place} size="xl" aria-hidden ff="monospace">
                            {place < pin.length ? '●' : '○'}
                        </Text>
                    ))}
                </Group>
                {fault && (
                    <Alert color="red" role="alert" p="xs">
                        {fault}
                    </Alert>
                )}
                <SimpleGrid cols={3} spacing="xs">
                    {DIGITS.map((digit) => (
                        <Button key={digit} variant="default" size="lg" onClick={() => add(digit)}>
                            {digit}
                        </Button>
                    ))}
                    <Button variant="subtle" size="lg" onClick={removeLast} aria-label="Remove the last digit">
                        <IconBackspace />
                    </Button>
                    <Button variant="default" size="lg" onClick={() => add('0')}>
                        0
                    </Button>
                    <Button
                        size="lg"
                        onClick={() => void enter()}
                        disabled={pin.length < LENGTH_MIN}
                        loading={isSending}
                    >
                        OK
                    </Button>
                </SimpleGrid>
            </Stack>
        </Modal>
    );
}
