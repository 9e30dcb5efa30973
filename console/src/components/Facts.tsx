/** Names and values, one a line. */
import { Table } from '@mantine/core';
import type { ReactNode } from 'react';

export type Fact = [name: string, value: ReactNode];

export function Facts({ label, facts }: { label: string; facts: Fact[] }) {
    return (
        <Table variant="vertical" layout="fixed" aria-label={label}>
            <Table.Tbody>
                {facts.map(([name, value]) => (
                    <Table.Tr key={name}>
                        <Table.Th w={140} fw={500}>
                            {name}
                        </Table.Th>
                        <Table.Td style={{ overflowWrap: 'anywhere' }}>{value}</Table.Td>
                    </Table.Tr>
                ))}
            </Table.Tbody>
        </Table>
    );
}
