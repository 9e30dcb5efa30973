/** Signing up; the next step is a PIN. */
import { Alert, Button, PasswordInput, Stack, Text, TextInput } from '@mantine/core';
import { useRouter } from '@tanstack/react-router';
import { useState, type FormEvent } from 'react';
import { api, done } from '../../api/client';
import { Refused, sayError } from '../../api/problem';
import { signIn } from '../../auth/session';
import { LinkedAnchor } from '../../components/Linked';
import { randomKey } from '../../movements/draft';
import { Front } from './Front';

export function SignUp() {
    const router = useRouter();
    const [key] = useState(randomKey);
    const [user, setUser] = useState({ username: '', email: '', password: '' });
    const [fault, setFault] = useState<{ field?: string | undefined; text: string }>();
    const [isSending, setSending] = useState(false);
    const faultOf = (field: string) => (fault?.field === field ? fault.text : undefined);

    async function submit(event: FormEvent) {
        event.preventDefault();
        setSending(true);
        setFault(undefined);
        try {
            await done(api.POST('/v1/users', { params: { header: { 'Idempotency-Key': key } }, body: user }));
            await signIn(user.username, user.password);
            await router.navigate({ to: '/settings', search: {} });
        } catch (error) {
            const field = error instanceof Refused ? (error.problem.field ?? undefined) : undefined;
            setFault({ field, text: sayError(error) });
        } finally {
            setSending(false);
        }
    }

    const field = (name: keyof typeof user) => ({
        value: user[name],
        error: faultOf(name),
        required: true,
        onChange: (event: { currentTarget: { value: string } }) => {
            const { value } = event.currentTarget;
            setUser((before) => ({ ...before, [name]: value }));
        },
    });

    return (
        <Front title="Sign up">
            <form onSubmit={(event) => void submit(event)}>
                <Stack>
                    {fault && !['username', 'email', 'password'].includes(fault.field ?? '') && (
                        <Alert color="red" role="alert">
                            {fault.text}
                        </Alert>
                    )}
                    <TextInput
                        label="User name"
                        description="3 to 32 letters, digits, dots, dashes and underscores; a letter first"
                        autoComplete="username"
                        autoFocus
                        {...field('username')}
                    />
                    <TextInput label="Email" type="email" autoComplete="email" {...field('email')} />
                    <PasswordInput
                        label="Password"
                        description="8 characters or more"
                        autoComplete="new-password"
                        minLength={8}
                        {...field('password')}
                    />
                    <Button type="submit" loading={isSending}>
                        Sign up
                    </Button>
                    <Text size="sm" ta="center">
                        Here before? <LinkedAnchor to="/sign-in">Sign in</LinkedAnchor>
                    </Text>
                </Stack>
            </form>
        </Front>
    );
}
