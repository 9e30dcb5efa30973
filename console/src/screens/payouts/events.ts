/**
 * A payout as it changes: server-sent events, read with the sign-in (an EventSource cannot send one), and again from where
 * they broke off.
 */
import { fetchRaw } from '../../api/client';
import { Refused } from '../../api/problem';
import type { Payout } from '../../api/types';

const PAUSE_MS = 1000;

export interface ServerEvent {
    id?: string;
    event: string;
    data: string;
}

/** Takes whole events off the front of what has arrived; gives what is left too. */
export function takeEvents(text: string): { events: ServerEvent[]; rest: string } {
    const blocks = text.replace(/\r\n?/g, '\n').split('\n\n');
    const rest = blocks.pop() ?? '';
    const events = blocks.flatMap((block) => {
        const event: ServerEvent = { event: 'message', data: '' };
        const data: string[] = [];
        for (const line of block.split('\n')) {
            const match = /^(id|event|data):? ?(.*)$/.exec(line);
            if (!match) continue;
            const [, name, value = ''] = match;
            if (name === 'data') data.push(value);
            else if (name === 'id') event.id = value;
            else event.event = value;
        }
        return data.length > 0 ? [{ ...event, data: data.join('\n') }] : [];
    });
    return { events, rest };
}

/** Calls `onPayout` for every change until the payout is over or `signal` says so. */
export async function watchPayout(id: number, onPayout: (payout: Payout) => void, signal: AbortSignal): Promise<void> {
    let last: string | undefined;
    while (!signal.aborted) {
        try {
            const headers: Record<string, string> = last === undefined ? {} : { 'last-event-id': last };
            const response = await fetchRaw(`/v1/payouts/${id}/events`, { headers, signal });
            // The end was seen.
            if (response.status === 204 || !response.body) return;
            last = (await readAll(response.body, onPayout)) ?? last;
        } catch (error) {
            if (signal.aborted || (error instanceof Refused && error.status < 500 && error.status !== 429)) return;
        }
        await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
}

async function readAll(
    body: ReadableStream<Uint8Array>,
    onPayout: (payout: Payout) => void,
): Promise<string | undefined> {
    const reader = body.pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>).getReader();
    let [text, last]: [string, string | undefined] = ['', undefined];
    for (;;) {
        const { value, done } = await reader.read();
        if (done) return last;
        const taken = takeEvents(text + value);
        text = taken.rest;
        for (const event of taken.events.filter(({ event }) => event === 'payout')) {
            last = event.id ?? last;
            onPayout(JSON.parse(event.data) as Payout);
        }
    }
}
