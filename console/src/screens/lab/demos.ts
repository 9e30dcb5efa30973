/** The demos: what each does to a bank, what must come of it, and whether it did. */
import { randomKey } from '../../movements/draft';
import { shoot, type Bank, type Shot } from './requests';

export interface Sample {
    at: number;
    total: number;
}

export interface Result {
    shots: Shot[];
    /** What must be, and what is, in sentences. */
    verdict: string;
    holds: boolean;
    samples?: Sample[];
}

export interface Demo {
    id: string;
    title: string;
    does: string;
    must: string;
    /** Whether one chooses how many race. */
    isRace?: true;
    run: (bank: Bank, onShot: (shot: Shot) => void, racers: number) => Promise<Result>;
}

const CLICKS = 5;
export const RACERS = { least: 2, usual: 12, most: 50 };
const BALANCE = 100;
const MOVES = 40;

const retry: Demo = {
    id: 'retry',
    title: 'Retry the same request',
    does: `Sends 10 under one idempotency key, ${CLICKS} times: as a double-clicking hand or a bad network does, all at once.`,
    must: 'One payment; every retry gets the first answer.',
    async run(bank, onShot) {
        const [from, to] = await bank.open(BALANCE);
        const send = await bank.prepare(from, to, 10, randomKey());
        const shots = await shoot(
            Array.from({ length: CLICKS }, () => send),
            true,
            onShot,
        );
        const [left = NaN, got = NaN] = await bank.balances([from, to]);
        const payments = new Set(shots.flatMap(({ payment }) => payment ?? [])).size;
        const holds = payments === 1 && left === BALANCE - 10 && got === 10;
        return {
            shots,
            holds,
            verdict: `${payments === 1 ? '1 payment was' : `${payments} payments were`} acknowledged; ${BALANCE - left} left the one wallet, ${got} reached the other.`,
        };
    },
};

const race: Demo = {
    id: 'race',
    title: 'Race for one balance',
    does: `Simultaneous sends of the whole balance of ${BALANCE}, each under a key of its own.`,
    must: 'Exactly one is done, and nobody has money that nobody gave.',
    isRace: true,
    async run(bank, onShot, racers) {
        const [from, to] = await bank.open(BALANCE);
        const sends = Array.from({ length: racers }, () => bank.prepare(from, to, BALANCE, randomKey()));
        const shots = await shoot(await Promise.all(sends), true, onShot);
        const winners = shots.filter(({ outcome }) => outcome === 'done').length;
        const [left = NaN, got = NaN] = await bank.balances([from, to]);
        const holds = winners === 1 && left === 0 && got === BALANCE;
        return { shots, holds, verdict: `${winners} of ${racers} were done; ${left} is left, ${got} arrived.` };
    },
};

const raceOnVersion: Demo = {
    id: 'race-on-version',
    title: 'Race on one version',
    does: 'Simultaneous sends of 1, each of them made on the wallet as it was when all of them looked at it.',
    must: 'Exactly one is done; the others are told that the wallet has changed.',
    isRace: true,
    async run(bank, onShot, racers) {
        const [from, to] = await bank.open(BALANCE);
        const version = await bank.version(from);
        const sends = Array.from({ length: racers }, () => bank.prepare(from, to, 1, randomKey(), version));
        const shots = await shoot(await Promise.all(sends), true, onShot);
        const winners = shots.filter(({ outcome }) => outcome === 'done').length;
        const [left = NaN, got = NaN] = await bank.balances([from, to]);
        const holds = winners === 1 && left === BALANCE - 1 && got === 1;
        return { shots, holds, verdict: `${winners} of ${racers} were done; ${left} is left, ${got} arrived.` };
    },
};

const skew: Demo = {
    id: 'read-skew',
    title: 'Totals while money moves',
    does: 'Money goes back and forth between two wallets, and both are read in one request again and again.',
    must: `Every total is ${BALANCE}: no money is seen twice, or not at all.`,
    async run(bank, onShot) {
        const [one, other] = await bank.open(BALANCE);
        const ways = Array.from({ length: MOVES }, (_, number) =>
            number % 2 === 0 ? ([one, other] as const) : ([other, one] as const),
        );
        const sends = await Promise.all(ways.map(([from, to]) => bank.prepare(from, to, BALANCE / 2, randomKey())));
        const start = performance.now();
        const samples: Sample[] = [];
        let isMoving = true;
        const read = async () => {
            while (isMoving) {
                const balances = await bank.balances([one, other]);
                samples.push({
                    at: performance.now() - start,
                    total: balances.reduce((sum, balance) => sum + balance, 0),
                });
            }
        };
        const readers = Promise.all([read(), read(), read()]);
        const shots = await shoot(sends, false, onShot);
        isMoving = false;
        await readers;
        const wrong = samples.filter(({ total }) => total !== BALANCE).length;
        return {
            shots,
            samples,
            holds: wrong === 0,
            verdict: `${wrong} of ${samples.length} totals were not ${BALANCE}.`,
        };
    },
};

export const DEMOS: Demo[] = [retry, race, raceOnVersion, skew];
