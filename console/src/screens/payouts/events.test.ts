// The client asks the page's own origin.
import { vi } from 'vitest';

vi.hoisted(() => vi.stubGlobal('location', { origin: 'http://florin.test' }));
import { expect, it } from 'vitest';
import { takeEvents } from './events';
import { badCells } from './queries';

it('takes whole events and keeps what is not whole', () => {
    const { events, rest } = takeEvents(
        'event: payout\nid: 8\ndata: {"a":\ndata: 1}\n\n: keep-alive\n\nevent: payout\nda',
    );
    expect(events).toEqual([{ event: 'payout', id: '8', data: '{"a":\n1}' }]);
    expect(rest).toBe('event: payout\nda');
    expect(takeEvents('data: x\r\n\r\n').events).toEqual([{ event: 'message', data: 'x' }]);
});

it('finds the bad cells of a row', () => {
    expect(badCells('line 3, amount: The amount has more decimals; recipient_id: There is no such wallet')).toEqual(
        new Set(['amount', 'recipient_id']),
    );
    expect(badCells('line 3, row: It has five cells')).toEqual(new Set(['row']));
});
