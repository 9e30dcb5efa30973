/** How the house is doing: whether the books balance, who holds what, and what the server does right now. */
import { SimpleGrid } from '@mantine/core';
import { Integrity } from './Integrity';
import { Pulse } from './Pulse';
import { TrialBalances } from './TrialBalances';

export function House() {
    return (
        <>
            <SimpleGrid cols={{ base: 1, md: 2 }} spacing="md">
                <Integrity />
                <Pulse />
            </SimpleGrid>
            <TrialBalances />
        </>
    );
}
