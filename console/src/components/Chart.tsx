/** A line over time, in the colours of the page. Whoever does not see it gets what it shows as text. */
import 'uplot/dist/uPlot.min.css';
import { Box, useComputedColorScheme, useMantineTheme } from '@mantine/core';
import { useElementSize } from '@mantine/hooks';
import { useEffect, useRef } from 'react';
import uPlot from 'uplot';

export interface Point {
    /** Seconds since 1970. */
    at: number;
    value: number;
}

interface ChartProps {
    points: Point[];
    /** What it shows, in a sentence. */
    label: string;
    /** How a value reads, on the axis and in the legend. */
    format: (value: number) => string;
    /** Values stay until the next one. */
    isStepped?: boolean;
    height?: number;
}

export function Chart({ points, label, format, isStepped = false, height = 220 }: ChartProps) {
    const { ref, width } = useElementSize();
    const place = useRef<HTMLDivElement>(null);
    const theme = useMantineTheme();
    const isDark = useComputedColorScheme('light') === 'dark';
    const formatted = useRef(format);
    useEffect(() => {
        formatted.current = format;
    });

    useEffect(() => {
        if (!place.current || width === 0) return;
        const ink = isDark ? theme.colors.dark[1] : theme.colors.gray[7];
        const grid = { stroke: isDark ? theme.colors.dark[5] : theme.colors.gray[2], width: 1 };
        const line = (isDark ? theme.colors.florin?.[4] : theme.colors.florin?.[8]) ?? 'teal';
        const paths = isStepped && uPlot.paths.stepped ? { paths: uPlot.paths.stepped({ align: 1 }) } : {};
        const plot = new uPlot(
            {
                width,
                height,
                legend: { show: false },
                cursor: { y: false, points: { size: 7 } },
                axes: [
                    { stroke: ink, grid: { show: false } },
                    {
                        stroke: ink,
                        grid,
                        size: 72,
                        values: (_, values) => values.map((value) => formatted.current(value)),
                    },
                ],
                series: [
                    {},
                    {
                        stroke: line,
                        width: 2,
                        fill: `${line}1f`,
                        points: { show: points.length < 40, size: 5 },
                        ...paths,
                    },
                ],
            },
            [points.map((point) => point.at), points.map((point) => point.value)],
            place.current,
        );
        return () => plot.destroy();
    }, [points, width, height, isDark, isStepped, theme]);

    return (
        <Box ref={ref} role="img" aria-label={label}>
            <div ref={place} />
        </Box>
    );
}
