/** Signing in, and back to where one was. */
import { Alert, Button, Divider, Group, PasswordInput, Stack, Text, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, useRouter } from '@tanstack/react-router';
import { useState, type FormEvent } from 'react';
import { sayError } from '../../api/problem';
import { signIn } from '../../auth/session';
import { LinkedAnchor } from '../../components/Linked';
import { configQuery } from '../../queries';
import { Front } from './Front';

const route = getRouteApi('/sign-in');

/** Whom `florin serve --demo` has, all with one password. */
const DEMO_USERS = ['alice', 'bob', 'house'];
const DEMO_PASSWORD = 'florin-demo';

export function SignIn() {
    const { to } = route.useSearch();
    const router = useRouter();
    const config = useQuery(configQuery);
    const [username, setUsername] = useState('');
    const [password, setPassword] = useState('');
    const [fault, setFault] = useState<string>();
    const [isSending, setSending] = useState(false);

    async function enter(name: string, secret: string) {
        setSending(true);
        setFault(undefined);
        try {
            await signIn(name, secret);
            await router.navigate({ href: to ?? '/' });
        } catch (error) {
            setFault(sayError(error));
        } finally {
            setSending(false);
        }
    }

    function submit(event: FormEvent) {
        event.preventDefault();
        void enter(username, password);
    }

    return (
        <Front title="Sign in">
            <form onSubmit={submit}>
                <Stack>
                    {to && <Text size="sm">Sign in to go on where you were.</Text>}
                    {fault && (
                        <Alert color="red" role="alert">
                            {fault}
                        </Alert>
                    )}
                    <TextInput
                        label="User name"
                        autoComplete="username"
                        autoFocus
                        required
                        value={username}
                        onChange={(event) => setUsername(event.currentTarget.value)}
                    />
                    <PasswordInput
                        label="Password"
                        autoComplete="current-password"
                        required
                        value={password}
                        onChange={(event) => setPassword(event.currentTarget.value)}
                    />
                    <Button type="submit" loading={isSending} fullWidth>
                        Sign in
                    </Button>
                    <Text size="sm" ta="center">
                        New here? <LinkedAnchor to="/sign-up">Sign up</LinkedAnchor>
                    </Text>
                </Stack>
            </form>
            {config.data?.demo && (
                <>
                    <Divider my="md" label="or as somebody of the demo" labelPosition="center" />
                    <Group grow gap="xs">
                        {DEMO_USERS.map((name) => (
                            <Button
                                key={name}
                                variant="light"
                                px="xs"
                                onClick={() => void enter(name, DEMO_PASSWORD)}
                                disabled={isSending}
                            >
                                {name === 'house' ? 'house (operator)' : name}
                            </Button>
                        ))}
                    </Group>
                    <Text size="xs" c="dimmed" mt="xs" ta="center">
                        Everybody&apos;s PIN is 2846.
                    </Text>
                </>
            )}
        </Front>
    );
}
