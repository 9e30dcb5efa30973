// Takes the guide's pictures from those that the tests have left in screenshots/.
import { copyFileSync, mkdirSync } from 'node:fs';

const PICTURES = {
    'sign-in': 'sign-in-wide-light',
    overview: 'overview-wide-light',
    house: 'house-overview-wide-light',
    wallet: 'wallet-wide-light',
    transaction: 'transaction-wide-light',
    send: 'review-sqlite',
    checking: 'checking-sqlite',
    'payout-mend': 'payout-mend',
    lab: 'lab-ran',
};

const folder = new URL('../../docs/guides/console/', import.meta.url);
mkdirSync(folder, { recursive: true });
for (const [name, shot] of Object.entries(PICTURES)) {
    copyFileSync(new URL(`../screenshots/${shot}.png`, import.meta.url), new URL(`${name}.png`, folder));
}
