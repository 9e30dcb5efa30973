/** A time as people here read it; in UTC, to the microsecond, on hover. */
import { Text, Tooltip, type TextProps } from '@mantine/core';

const sameYear = new Intl.DateTimeFormat(undefined, {
    month: 'short',
    day: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
});
const otherYear = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });

export function Moment({ at, ...text }: { at: string } & TextProps) {
    const time = new Date(at);
    const format = time.getFullYear() === new Date().getFullYear() ? sameYear : otherYear;
    return (
        <Tooltip label={`${at.replace('T', ' ').replace('Z', '')} UTC`}>
            <Text component="time" dateTime={at} className="figures" {...text}>
                {format.format(time)}
            </Text>
        </Tooltip>
    );
}
