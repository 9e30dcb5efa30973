/** Everybody who signs in here. */
import { Button, Modal, PasswordInput, Select, Stack, TextInput } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { api, done } from '../../api/client';
import type { Role, User } from '../../api/types';
import { LinkedAnchor } from '../../components/Linked';
import { Moment } from '../../components/Moment';
import { Page } from '../../components/Page';
import { PagedTable, type Column } from '../../components/PagedTable';
import { Panel } from '../../components/Panel';
import { Failure } from '../../components/states';
import { randomKey } from '../../movements/draft';
import { usersQuery } from '../../queries';

const columns: Column<User>[] = [
    {
        title: 'User',
        cell: (user) => (
            <LinkedAnchor to="/users/$id" params={{ id: user.id }} size="sm">
                {user.username}
            </LinkedAnchor>
        ),
    },
    { title: 'No.', isFigure: true, cell: (user) => <span className="figures">{user.id}</span> },
    { title: 'Email', isSecondary: true, cell: (user) => user.email },
    { title: 'Role', cell: (user) => user.role },
    { title: 'Since', isFigure: true, isSecondary: true, cell: (user) => <Moment at={user.created_at} size="sm" /> },
];

export function Users() {
    const users = useInfiniteQuery(usersQuery);
    const [isAdding, adding] = useDisclosure();
    return (
        <Page title="Users" actions={<Button onClick={adding.open}>Add a user</Button>}>
            <Panel title="Everybody">
                <PagedTable
                    label="Users"
                    query={users}
                    columns={columns}
                    rowKey={(user) => user.id}
                    empty="Nobody has signed up yet"
                />
            </Panel>
            {isAdding && <AddUser onClose={adding.close} />}
        </Page>
    );
}

function AddUser({ onClose }: { onClose: () => void }) {
    const queries = useQueryClient();
    const [key] = useState(randomKey);
    const [user, setUser] = useState({ username: '', email: '', password: '' });
    const [role, setRole] = useState<Role>('user');
    const add = useMutation({
        mutationFn: () =>
            done(api.POST('/v1/users', { params: { header: { 'Idempotency-Key': key } }, body: { ...user, role } })),
        onSuccess: async () => {
            await queries.invalidateQueries({ queryKey: usersQuery.queryKey });
            onClose();
        },
    });
    const field = (name: keyof typeof user) => ({
        value: user[name],
        required: true,
        onChange: (event: { currentTarget: { value: string } }) => {
            const { value } = event.currentTarget;
            setUser((before) => ({ ...before, [name]: value }));
        },
    });
    function submit(event: FormEvent) {
        event.preventDefault();
        add.mutate();
    }
    return (
        <Modal opened onClose={onClose} title="Add a user" centered>
            <form onSubmit={submit}>
                <Stack>
                    <TextInput label="User name" data-autofocus {...field('username')} />
                    <TextInput label="Email" type="email" {...field('email')} />
                    <PasswordInput label="Password" autoComplete="new-password" {...field('password')} />
                    <Select
                        label="Role"
                        data={['user', 'operator']}
                        value={role}
                        onChange={(value) => setRole(value as Role)}
                        allowDeselect={false}
                    />
                    {add.isError && <Failure error={add.error} />}
                    <Button type="submit" loading={add.isPending}>
                        Add
                    </Button>
                </Stack>
            </form>
        </Modal>
    );
}
