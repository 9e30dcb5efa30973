/** What a person sets: their PIN, and the look of this device. */
import {
    Alert,
    Button,
    PasswordInput,
    SegmentedControl,
    Stack,
    Text,
    useMantineColorScheme,
    type MantineColorScheme,
} from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { api, done } from '../../api/client';
import { Facts } from '../../components/Facts';
import { Page } from '../../components/Page';
import { Panel } from '../../components/Panel';
import { Failure } from '../../components/states';
import { meQuery } from '../../queries';

export function Settings() {
    const me = useQuery(meQuery);
    return (
        <Page title="Settings">
            <Panel title="You">
                {me.data && (
                    <Facts
                        label="You"
                        facts={[
                            ['User name', me.data.username],
                            ['Email', me.data.email],
                            ['Number', me.data.id],
                            ['Role', me.data.role],
                        ]}
                    />
                )}
            </Panel>
            <PinPanel />
            <LookPanel />
        </Page>
    );
}

function PinPanel() {
    const [password, setPassword] = useState('');
    const [pin, setPin] = useState('');
    const [again, setAgain] = useState('');
    const set = useMutation({
        mutationFn: () => done(api.PUT('/v1/me/pin', { body: { password, pin } })),
        onSuccess: () => {
            setPassword('');
            setPin('');
            setAgain('');
        },
    });
    const fault = pin === '' ? undefined : /^\d{4,8}$/.test(pin) ? undefined : '4 to 8 digits.';
    const differs = again !== '' && again !== pin ? 'It is not the same.' : undefined;

    function submit(event: FormEvent) {
        event.preventDefault();
        set.mutate();
    }

    return (
        <Panel title="Transaction PIN">
            <form onSubmit={submit}>
                <Stack maw={400}>
                    <Text size="sm">
                        Whatever takes money out of your wallets needs it. Your password sets it, and changes it.
                    </Text>
                    {set.isError && <Failure error={set.error} />}
                    {set.isSuccess && (
                        <Alert color="florin" role="status">
                            The new PIN is in force.
                        </Alert>
                    )}
                    <PasswordInput
                        label="Password"
                        autoComplete="current-password"
                        required
                        value={password}
                        onChange={(event) => setPassword(event.currentTarget.value)}
                    />
                    <PasswordInput
                        label="New PIN"
                        inputMode="numeric"
                        autoComplete="off"
                        required
                        value={pin}
                        error={fault}
                        maxLength={8}
                        onChange={(event) => setPin(event.currentTarget.value)}
                    />
                    <PasswordInput
                        label="New PIN, again"
                        inputMode="numeric"
                        autoComplete="off"
                        required
                        value={again}
                        error={differs}
                        maxLength={8}
                        onChange={(event) => setAgain(event.currentTarget.value)}
                    />
                    <Button
                        type="submit"
                        loading={set.isPending}
                        disabled={password === '' || pin === '' || again !== pin || fault !== undefined}
                    >
                        Set the PIN
                    </Button>
                </Stack>
            </form>
        </Panel>
    );
}

function LookPanel() {
    const { colorScheme, setColorScheme } = useMantineColorScheme();
    return (
        <Panel title="This device">
            <SegmentedControl
                aria-label="Colours"
                value={colorScheme}
                onChange={(scheme) => setColorScheme(scheme as MantineColorScheme)}
                data={[
                    { value: 'light', label: 'Light' },
                    { value: 'dark', label: 'Dark' },
                    { value: 'auto', label: 'As the system' },
                ]}
            />
        </Panel>
    );
}
