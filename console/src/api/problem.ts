/** What the server says when it does not do what it was asked for, and what the network says when nobody answers. */
import type { components } from './schema';

export type Problem = components['schemas']['Problem'];

/** An answer that is a refusal: RFC 9457, with Florin's own members. */
export class Refused extends Error {
    constructor(
        readonly problem: Problem,
        readonly status: number,
    ) {
        super(problem.detail);
        this.name = 'Refused';
    }
}

/** No answer, or one that says neither yes nor no: what was asked for may have happened. */
export class NoAnswer extends Error {
    constructor(readonly reason: string) {
        super(reason);
        this.name = 'NoAnswer';
    }
}

/** The code of a refusal; nothing for any other error. */
export function codeOf(error: unknown): string | undefined {
    return error instanceof Refused ? error.problem.code : undefined;
}

/** What to say to a person. */
export function sayError(error: unknown): string {
    if (error instanceof Refused) return error.problem.detail;
    if (error instanceof NoAnswer) return `Florin did not answer: ${error.reason}`;
    return error instanceof Error ? error.message : String(error);
}
