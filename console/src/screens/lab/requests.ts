/** Requests of the demos, each with its times and its outcome: on Florin, or on the fragile wallet beside it. */

export type Target = 'florin' | 'specimen';

export interface Shot {
    number: number;
    /** Milliseconds since the demo began. */
    began: number;
    ended: number;
    outcome: 'done' | 'replayed' | 'refused' | 'failed';
    /** What it was answered, in a word or two. */
    says: string;
    /** Which payment it was told of, if it was done or had been before. */
    payment?: string;
}

export interface Wallet {
    id: number;
    owner: number;
}

export type Outcome = Pick<Shot, 'outcome' | 'says' | 'payment'>;

/** Sends it, however often it is called. */
export type Send = () => Promise<Outcome>;

/** What a demo does to a target; both have the same. */
export interface Bank {
    target: Target;
    /** Two new wallets, the first with this much. */
    open: (amount: number) => Promise<[Wallet, Wallet]>;
    /** Everything about a send but the send itself, such as its approval: what is measured and races is the send alone. */
    prepare: (from: Wallet, to: Wallet, amount: number, key: string, version?: number) => Promise<Send>;
    /** How many entries a wallet has; none on a bank that does not count them. */
    version: (wallet: Wallet) => Promise<number | undefined>;
    balances: (wallets: Wallet[]) => Promise<number[]>;
}

/** Makes all requests at once, or one after the other, and keeps when each was under way. */
export async function shoot(sends: Send[], isTogether: boolean, onShot: (shot: Shot) => void): Promise<Shot[]> {
    const start = performance.now();
    const shots: Shot[] = [];
    const fire = async (send: Send, number: number) => {
        const began = performance.now() - start;
        const outcome = await send().catch((error: unknown) => ({ outcome: 'failed' as const, says: String(error) }));
        const shot: Shot = { number, began, ended: performance.now() - start, ...outcome };
        shots.push(shot);
        onShot(shot);
    };
    if (isTogether) await Promise.all(sends.map(fire));
    else for (const [number, send] of sends.entries()) await fire(send, number);
    return shots.sort((one, other) => one.number - other.number);
}
