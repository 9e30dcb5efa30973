/** One thing on a screen, under its own heading. */
import { Group, Paper, Title } from '@mantine/core';
import { useId, type ReactNode } from 'react';

export function Panel({ title, aside, children }: { title: string; aside?: ReactNode; children: ReactNode }) {
    const id = useId();
    return (
        <Paper component="section" aria-labelledby={id} withBorder p="md">
            <Group justify="space-between" mb="sm" gap="xs">
                <Title order={2} size="h4" id={id}>
                    {title}
                </Title>
                {aside}
            </Group>
            {children}
        </Paper>
    );
}
