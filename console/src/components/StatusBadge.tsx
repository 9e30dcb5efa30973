/** What state something is in: a word, a colour and a mark, so that none of them has to be enough. */
import { Badge } from '@mantine/core';

const LOOKS: Record<string, { color: string; mark: string; word?: string }> = {
    active: { color: 'florin', mark: '●' },
    frozen: { color: 'blue', mark: '❄' },
    closed: { color: 'gray', mark: '■' },
    COMPLETED: { color: 'florin', mark: '✓' },
    FAILED: { color: 'red', mark: '✕' },
    PENDING: { color: 'gray', mark: '○' },
    PROCESSING: { color: 'blue', mark: '▶' },
    PAUSED: { color: 'yellow', mark: '‖' },
    PARTIALLY_FAILED: { color: 'orange', mark: '!', word: 'partially failed' },
    CANCELLED: { color: 'gray', mark: '■' },
    PAID: { color: 'florin', mark: '✓' },
    INVALID: { color: 'red', mark: '✕' },
    REVERSED: { color: 'violet', mark: '↩' },
    done: { color: 'florin', mark: '✓' },
    refused: { color: 'red', mark: '✕' },
};

export function StatusBadge({ status }: { status: string }) {
    const look = LOOKS[status] ?? { color: 'gray', mark: '·' };
    return (
        <Badge
            color={look.color}
            variant="light"
            tt="none"
            fw={600}
            leftSection={<span aria-hidden>{look.mark}</span>}
            className="status"
        >
            {look.word ?? status.toLowerCase()}
        </Badge>
    );
}
