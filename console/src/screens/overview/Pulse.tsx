/** What this server does right now: throughput, queue, and what it refuses. */
import { Badge, Group, SimpleGrid, Stack, Text } from '@mantine/core';
import { queryOptions, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { fetchRaw } from '../../api/client';
import { Figure } from '../../components/Figure';
import { Panel } from '../../components/Panel';
import { Failure, Loading } from '../../components/states';
import { parseMetrics, pulseOf, rateBetween, type Pulse as Reading } from './metrics';

const EVERY_MS = 2_000;
/** How many readings the small picture shows. */
const KEPT = 45;

const pulseQuery = queryOptions({
    queryKey: ['pulse'],
    queryFn: async ({ client, queryKey }): Promise<Reading[]> => {
        const text = await (await fetchRaw('/metrics', {})).text();
        const earlier = client.getQueryData<Reading[]>(queryKey) ?? [];
        return [...earlier, pulseOf(parseMetrics(text), Date.now())].slice(-KEPT);
    },
    refetchInterval: EVERY_MS,
    staleTime: 0,
});

export function Pulse() {
    const pulse = useQuery(pulseQuery);
    const last = pulse.data?.at(-1);
    return (
        <Panel
            title="Right now"
            aside={
                <Text size="xs" c="dimmed">
                    this server
                </Text>
            }
        >
            {pulse.isError ? (
                <Failure error={pulse.error} />
            ) : last && pulse.data ? (
                <Figures readings={pulse.data} last={last} />
            ) : (
                <Loading lines={2} />
            )}
        </Panel>
    );
}

function Figures({ readings, last }: { readings: Reading[]; last: Reading }) {
    const rates = readings.slice(1).map((reading, place) => rateBetween(readings[place] ?? reading, reading) ?? 0);
    const rejections = Object.entries(last.rejections).sort(([, one], [, other]) => other - one);
    return (
        <Stack gap="sm">
            <SimpleGrid cols={3}>
                <Figure name="Transactions/s">
                    <Text fz="h3" fw={600} className="figures">
                        {(rates.at(-1) ?? 0).toFixed(1)}
                    </Text>
                </Figure>
                <Figure name="Since its start">
                    <Text fz="h3" fw={600} className="figures">
                        {last.transactions.toLocaleString('en')}
                    </Text>
                </Figure>
                <Figure name="In the queue">
                    <Text fz="h3" fw={600} className="figures">
                        {last.queue.toLocaleString('en')}
                    </Text>
                </Figure>
            </SimpleGrid>
            <Sparkline values={rates} />
            <div>
                <Text size="xs" c="dimmed">
                    Refused, by code
                </Text>
                {rejections.length === 0 ? (
                    <Text size="sm">Nothing yet</Text>
                ) : (
                    <Group gap={6} mt={4}>
                        {rejections.map(([code, count]) => (
                            <Badge key={code} variant="light" color="gray" tt="none" className="figures">
                                {code} {count.toLocaleString('en')}
                            </Badge>
                        ))}
                    </Group>
                )}
            </div>
        </Stack>
    );
}

const WIDTH = 300;
const HEIGHT = 36;

function Sparkline({ values }: { values: number[] }) {
    const [id] = useState(() => `spark-${crypto.randomUUID()}`);
    const top = Math.max(1, ...values);
    const at = (place: number) => WIDTH - (values.length - 1 - place) * (WIDTH / (KEPT - 2));
    const points = values.map(
        (value, place) => `${at(place).toFixed(1)},${(HEIGHT - 2 - (value / top) * (HEIGHT - 6)).toFixed(1)}`,
    );
    return (
        <svg
            viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
            width="100%"
            height={HEIGHT}
            preserveAspectRatio="none"
            role="img"
            aria-labelledby={id}
        >
            <title
                id={id}
            >{`Transactions a second over the last ${Math.round((values.length * EVERY_MS) / 1000)} seconds, at most ${top.toFixed(1)}`}</title>
            <polyline
                points={points.join(' ')}
                fill="none"
                stroke="var(--mantine-primary-color-filled)"
                strokeWidth="1.5"
                vectorEffect="non-scaling-stroke"
            />
        </svg>
    );
}
