/** A figure under its name. */
import { Text } from '@mantine/core';
import type { ReactNode } from 'react';

export function Figure({ name, children }: { name: string; children: ReactNode }) {
    return (
        <div>
            <Text size="xs" c="dimmed">
                {name}
            </Text>
            {children}
        </div>
    );
}
