/** A screen: its title, what can be done on it, and the rest. */
import { Group, Stack, Text, Title } from '@mantine/core';
import { useDocumentTitle } from '@mantine/hooks';
import type { ReactNode } from 'react';

interface PageProps {
    title: string;
    subtitle?: ReactNode;
    actions?: ReactNode;
    children: ReactNode;
}

export function Page({ title, subtitle, actions, children }: PageProps) {
    useDocumentTitle(`${title} · Florin`);
    return (
        <Stack gap="lg">
            <Group justify="space-between" align="flex-start" gap="sm">
                <div>
                    <Title order={1} size="h2">
                        {title}
                    </Title>
                    {subtitle && (
                        <Text c="dimmed" size="sm" component="div">
                            {subtitle}
                        </Text>
                    )}
                </div>
                {actions && <Group gap="xs">{actions}</Group>}
            </Group>
            {children}
        </Stack>
    );
}
