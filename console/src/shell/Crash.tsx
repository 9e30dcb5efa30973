/** What is shown where there is nothing, and where a screen itself failed. */
import { Anchor, Container, Stack } from '@mantine/core';
import { Empty, Failure } from '../components/states';

export function Missing() {
    return (
        <Container size="xs" py="xl">
            <Empty title="There is nothing here">
                The address may be mistyped.{' '}
                <Anchor href="/" underline="always">
                    Go to the overview
                </Anchor>
                .
            </Empty>
        </Container>
    );
}

export function Crash({ error }: { error: unknown }) {
    return (
        <Container size="xs" py="xl">
            <Stack>
                <Failure error={error} retry={() => window.location.reload()} />
                <Anchor href="/" underline="always">
                    Go to the overview
                </Anchor>
            </Stack>
        </Container>
    );
}
