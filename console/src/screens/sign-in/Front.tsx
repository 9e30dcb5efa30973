/** The frame of the two screens that one sees before one is signed in. */
import { Center, Paper, Stack, Text, Title } from '@mantine/core';
import { useDocumentTitle } from '@mantine/hooks';
import type { ReactNode } from 'react';

export function Front({ title, children }: { title: string; children: ReactNode }) {
    useDocumentTitle(`${title} · Florin`);
    return (
        <Center mih="100vh" p="md" component="main">
            <Stack w="100%" maw={400} gap="lg">
                <Stack align="center" gap={6}>
                    <img src="/favicon.svg" width={56} height={56} alt="" />
                    <Title order={1} size="h2">
                        {title}
                    </Title>
                    <Text c="dimmed" size="sm">
                        Wallets that keep their promises
                    </Text>
                </Stack>
                <Paper withBorder p="lg">
                    {children}
                </Paper>
            </Stack>
        </Center>
    );
}
