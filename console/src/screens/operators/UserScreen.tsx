/** One person: their wallets and transactions, and what an operator does for them. */
import { Alert, Button, Group, Modal, Stack, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { queryOptions, useInfiniteQuery, useMutation, useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { api, done } from '../../api/client';
import { LinkedButton } from '../../components/Linked';
import { Moment } from '../../components/Moment';
import { Page } from '../../components/Page';
import { PagedTable } from '../../components/PagedTable';
import { Panel } from '../../components/Panel';
import { Failure, Loading } from '../../components/states';
import { transactionColumns } from '../../components/TransactionList';
import { transactionsQuery } from '../../queries';
import { OwnWallets } from '../overview/OwnWallets';

const route = getRouteApi('/inside/users/$id');

const userQuery = (id: number) =>
    queryOptions({
        queryKey: ['user', id],
        queryFn: () => done(api.GET('/v1/users/{id}', { params: { path: { id } } })),
    });

export function UserScreen() {
    const { id } = route.useParams();
    const user = useQuery(userQuery(id));
    const transactions = useInfiniteQuery(transactionsQuery({ user_id: id }, 20));
    const [isResetting, resetting] = useDisclosure();
    if (user.isPending) return <Loading />;
    if (user.isError) return <Failure error={user.error} retry={() => void user.refetch()} />;
    return (
        <Page
            title={user.data.username}
            subtitle={
                <>
                    user {id} · {user.data.email} · {user.data.role} · since{' '}
                    <Moment at={user.data.created_at} size="sm" />
                </>
            }
            actions={
                <Group gap="xs">
                    <LinkedButton to="/move" search={{ type: 'top_up', user: id }}>
                        Top up
                    </LinkedButton>
                    <LinkedButton variant="default" to="/move" search={{ type: 'bonus', user: id }}>
                        Bonus
                    </LinkedButton>
                    <Button variant="default" onClick={resetting.open}>
                        Reset PIN
                    </Button>
                </Group>
            }
        >
            <OwnWallets userId={id} />
            <Panel title="Transactions">
                <PagedTable
                    label="Transactions"
                    query={transactions}
                    columns={transactionColumns}
                    rowKey={(one) => one.id}
                    empty="Nothing has moved yet"
                />
            </Panel>
            {isResetting && <ResetPin id={id} name={user.data.username} onClose={resetting.close} />}
        </Page>
    );
}

function ResetPin({ id, name, onClose }: { id: number; name: string; onClose: () => void }) {
    const reset = useMutation({
        mutationFn: () => done(api.DELETE('/v1/users/{id}/pin', { params: { path: { id } } })),
    });
    return (
        <Modal opened onClose={onClose} title={`Reset ${name}’s PIN?`} centered>
            <Stack>
                {reset.isSuccess ? (
                    <Alert color="florin" role="status">
                        {name} has no PIN now, and sets a new one with their password.
                    </Alert>
                ) : (
                    <>
                        <Text size="sm">
                            The PIN that is in force stops working, and wrong tries are forgotten. Until they set a new
                            one, no money leaves their wallets.
                        </Text>
                        {reset.isError && <Failure error={reset.error} />}
                        <Button color="red" loading={reset.isPending} onClick={() => reset.mutate()}>
                            Reset it
                        </Button>
                    </>
                )}
            </Stack>
        </Modal>
    );
}
