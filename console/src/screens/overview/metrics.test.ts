import { expect, it } from 'vitest';
import { parseMetrics, pulseOf, rateBetween } from './metrics';

const text = `# HELP florin_transactions_total Transactions completed, by type.
florin_transactions_total{type="top_up"} 4
florin_transactions_total{type="transfer"} 6

florin_committer_queue_commands 3
florin_rejections_total{code="insufficient_funds"} 2
`;

it('reads what the overview shows', () => {
    const pulse = pulseOf(parseMetrics(text), 1000);
    expect(pulse).toEqual({ at: 1000, transactions: 10, queue: 3, rejections: { insufficient_funds: 2 } });
    expect(rateBetween(pulse, { ...pulse, at: 3000, transactions: 30 })).toBe(10);
    expect(rateBetween(pulse, { ...pulse, at: 3000, transactions: 1 })).toBeUndefined();
});
