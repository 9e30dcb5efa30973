/** The three things that a list can be beside full: under way, empty, and not to be had. */
import { Alert, Button, Center, Skeleton, Stack, Text } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { Refused, sayError } from '../api/problem';

export function Loading({ lines = 5 }: { lines?: number }) {
    return (
        <Stack gap="xs" aria-busy="true" aria-label="Loading">
            {Array.from({ length: lines }, (_, line) => (
                <Skeleton key={line} height={28} radius="sm" />
            ))}
        </Stack>
    );
}

export function Empty({ title, children }: { title: string; children?: ReactNode }) {
    return (
        <Center py="xl">
            <Stack gap={4} align="center">
                <Text fw={600}>{title}</Text>
                {children && (
                    <Text c="dimmed" size="sm" ta="center" maw={420} component="div">
                        {children}
                    </Text>
                )}
            </Stack>
        </Center>
    );
}

export function Failure({ error, retry }: { error: unknown; retry?: () => void }) {
    const id = error instanceof Refused ? error.problem.request_id : undefined;
    return (
        <Alert
            color="red"
            icon={<IconAlertTriangle />}
            title={error instanceof Refused ? error.problem.title : 'No answer'}
            role="alert"
        >
            <Stack gap="xs" align="flex-start">
                <Text size="sm">{sayError(error)}</Text>
                {id && (
                    <Text size="xs" c="dimmed">
                        Request {id}
                    </Text>
                )}
                {retry && (
                    <Button size="xs" variant="default" onClick={retry}>
                        Try again
                    </Button>
                )}
            </Stack>
        </Alert>
    );
}
