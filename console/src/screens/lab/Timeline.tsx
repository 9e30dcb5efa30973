/** Requests as bars over time: which were under way together, and what each came to. */
import { Box, Group, Text } from '@mantine/core';
import type { Sample } from './demos';
import type { Shot } from './requests';

const LOOKS: Record<Shot['outcome'], { colour: string; mark: string; word: string }> = {
    done: { colour: 'var(--mantine-color-florin-8)', mark: '✓', word: 'done' },
    replayed: { colour: 'var(--mantine-color-blue-9)', mark: '↻', word: 'replayed' },
    refused: { colour: 'var(--mantine-color-gray-7)', mark: '✕', word: 'refused' },
    failed: { colour: 'var(--mantine-color-red-9)', mark: '!', word: 'failed' },
};

const LANE = 18;

export function Timeline({ shots, samples = [], total = 0 }: { shots: Shot[]; samples?: Sample[]; total?: number }) {
    const end = Math.max(1, ...shots.map(({ ended }) => ended), ...samples.map(({ at }) => at));
    const isSequence = shots.every((shot, place) => shot.began >= (shots[place - 1]?.ended ?? 0));
    const lanes = isSequence ? 1 : Math.max(0, ...shots.map(({ number }) => number)) + 1;
    const height = lanes * LANE + (samples.length > 0 ? LANE : 0);
    const x = (ms: number) => (ms / end) * 100;
    return (
        <div>
            <Box role="img" aria-label={describe(shots)} pos="relative" h={height}>
                {shots.map((shot) => (
                    <Box
                        key={shot.number}
                        pos="absolute"
                        top={(isSequence ? 0 : shot.number) * LANE + 2}
                        h={LANE - 4}
                        left={`${x(shot.began)}%`}
                        w={`max(10px, ${x(shot.ended - shot.began)}%)`}
                        bg={LOOKS[shot.outcome].colour}
                        style={{ borderRadius: 3, overflow: 'hidden' }}
                        title={`no. ${shot.number + 1}: ${shot.says}, ${shot.began.toFixed(0)} to ${shot.ended.toFixed(0)} ms`}
                    >
                        {!isSequence && (
                            <Text size="10px" lh={`${LANE - 4}px`} c="white" px={4} truncate>
                                {LOOKS[shot.outcome].mark} {shot.says}
                            </Text>
                        )}
                    </Box>
                ))}
                {samples.map((sample, place) => (
                    <Box
                        key={place}
                        pos="absolute"
                        top={lanes * LANE}
                        left={`${x(sample.at)}%`}
                        w={3}
                        h={LANE - 4}
                        bg={sample.total === total ? 'var(--mantine-color-florin-8)' : 'var(--mantine-color-red-9)'}
                        title={`a total of ${sample.total}`}
                    />
                ))}
            </Box>
            <Group gap="md" mt={4}>
                {Object.entries(LOOKS)
                    .filter(([outcome]) => shots.some((shot) => shot.outcome === outcome))
                    .map(([outcome, look]) => (
                        <Group key={outcome} gap={4}>
                            <Box w={10} h={10} bg={look.colour} style={{ borderRadius: 2 }} />
                            <Text size="xs">
                                {look.mark} {look.word} {shots.filter((shot) => shot.outcome === outcome).length}
                            </Text>
                        </Group>
                    ))}
                <Text size="xs" c="dimmed" className="figures" ml="auto">
                    0 to {end.toFixed(0)} ms
                </Text>
            </Group>
        </div>
    );
}

function describe(shots: Shot[]): string {
    return shots
        .map(
            (shot) =>
                `${shot.number + 1}: ${LOOKS[shot.outcome].word}, ${shot.began.toFixed(0)} to ${shot.ended.toFixed(0)} milliseconds`,
        )
        .join('; ');
}
