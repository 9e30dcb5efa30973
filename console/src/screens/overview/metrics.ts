/** Reads what `/metrics` says, in Prometheus's text format: the few names that the overview shows. */

export interface Sample {
    name: string;
    labels: Record<string, string>;
    value: number;
}

export interface Pulse {
    /** When it was read, in milliseconds. */
    at: number;
    transactions: number;
    queue: number;
    rejections: Record<string, number>;
}

const LINE = /^([a-z_]+)(?:\{([^}]*)\})? (\S+)$/;

export function parseMetrics(text: string): Sample[] {
    return text.split('\n').flatMap((line) => {
        const match = LINE.exec(line);
        if (!match) return [];
        const [, name = '', labels = '', value] = match;
        const pairs = [...labels.matchAll(/([a-z_]+)="([^"]*)"/g)].map(([, label, text]) => [label, text]);
        return [{ name, labels: Object.fromEntries(pairs) as Record<string, string>, value: Number(value) }];
    });
}

export function pulseOf(samples: Sample[], at: number): Pulse {
    const sum = (name: string) =>
        samples.filter((sample) => sample.name === name).reduce((total, { value }) => total + value, 0);
    const refused = samples.filter((sample) => sample.name === 'florin_rejections_total');
    return {
        at,
        transactions: sum('florin_transactions_total'),
        queue: sum('florin_committer_queue_commands'),
        rejections: Object.fromEntries(refused.map(({ labels, value }) => [labels.code ?? '', value])),
    };
}

/** Transactions a second between two looks; none where the server has started again meanwhile. */
export function rateBetween(before: Pulse, after: Pulse): number | undefined {
    const seconds = (after.at - before.at) / 1000;
    const transactions = after.transactions - before.transactions;
    return seconds > 0 && transactions >= 0 ? transactions / seconds : undefined;
}
