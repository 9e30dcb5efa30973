/** Every screen: its main path, its accessibility, and both widths. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Api } from './api';
import {
    expectAccessible,
    expectNoSidewaysScroll,
    NARROW,
    openPage,
    shoot,
    signIn,
    startBrowser,
    WIDE,
} from './browser';
import { startFlorin, type Florin } from './florin';

let florin: Florin;
let browser: Browser;
let transaction: string;
let wallet: number;

beforeAll(async () => {
    florin = await startFlorin();
    browser = await startBrowser();
    const [alice, bob, house] = await Promise.all(
        ['alice', 'bob', 'house'].map((name) => Api.signIn(florin.url, name)),
    );
    if (!alice || !bob || !house) throw new Error('they signed in');
    const [from, to] = [await alice.wallet('USD'), await bob.wallet('USD')];
    wallet = from.id;
    for (const amount of ['12.50', '20.00', '1.25']) {
        ({ id: transaction } = await alice.post<{ id: string }>('/v1/transfers', {
            from_wallet_id: from.id,
            to_wallet_id: to.id,
            amount,
            reference: 'lunch',
        }));
    }
    await alice.post('/v1/payouts', { source_wallet_id: from.id, name: 'salaries of March' });
    await house.post('/v1/ledger/audit', {});
});
afterAll(async () => {
    await browser?.close();
    await florin?.stop();
});

interface Screen {
    name: string;
    path: () => string;
    /** What is there once it is. */
    shows: (page: Page) => Promise<unknown>;
}

const heading = (name: string | RegExp) => (page: Page) => page.getByRole('heading', { name }).first().waitFor();
const text = (what: string | RegExp) => (page: Page) => page.getByText(what).first().waitFor();

const FOR_ALICE: Screen[] = [
    {
        name: 'overview',
        path: () => '/',
        shows: (page) =>
            page
                .getByRole('link', { name: /Transfer/ })
                .first()
                .waitFor(),
    },
    {
        name: 'wallets',
        path: () => '/wallets',
        shows: (page) => page.getByRole('link', { name: /main/ }).first().waitFor(),
    },
    {
        name: 'wallet',
        path: () => `/wallets/${wallet}`,
        shows: (page) =>
            page
                .getByRole('link', { name: /Transfer: lunch/ })
                .first()
                .waitFor(),
    },
    {
        name: 'transactions',
        path: () => '/transactions',
        shows: (page) => page.getByRole('link', { name: 'Transfer' }).first().waitFor(),
    },
    { name: 'transaction', path: () => `/transactions/${transaction}`, shows: heading('What moved') },
    { name: 'send', path: () => '/send', shows: (page) => page.getByRole('textbox', { name: 'Amount' }).waitFor() },
    { name: 'move', path: () => '/move', shows: (page) => page.getByRole('textbox', { name: 'Amount' }).waitFor() },
    { name: 'payouts', path: () => '/payouts', shows: text(/salaries of March/) },
    { name: 'new-payout', path: () => '/payouts/new', shows: heading('Who pays') },
    { name: 'payout', path: () => '/payouts/1', shows: text(/Drop a CSV file here/) },
    { name: 'lab', path: () => '/lab', shows: heading('Race for one balance') },
    { name: 'settings', path: () => '/settings', shows: heading('Transaction PIN') },
    { name: 'missing', path: () => '/no/such/page', shows: text('There is nothing here') },
];

const FOR_HOUSE: Screen[] = [
    { name: 'house-overview', path: () => '/', shows: text('Every balance follows from its entries') },
    { name: 'house-wallets', path: () => '/wallets', shows: text(/treasury/) },
    { name: 'users', path: () => '/users', shows: (page) => page.getByRole('link', { name: 'alice' }).waitFor() },
    {
        name: 'user',
        path: () => '/users/2',
        shows: (page) => page.getByRole('button', { name: 'Reset PIN' }).waitFor(),
    },
    { name: 'assets', path: () => '/assets', shows: (page) => page.getByRole('table', { name: 'Assets' }).waitFor() },
    { name: 'limits', path: () => '/limits', shows: heading('Credit limit of a wallet') },
    {
        name: 'audit-log',
        path: () => '/audit-log',
        shows: (page) => page.getByRole('table', { name: 'Audit log' }).waitFor(),
    },
    { name: 'api-keys', path: () => '/api-keys', shows: text(/No keys yet/) },
];

describe.each([
    ['wide', WIDE],
    ['narrow', NARROW],
] as const)('on a %s screen', (width, viewport) => {
    it.each([
        ['alice', FOR_ALICE],
        ['house', FOR_HOUSE],
    ] as const)('%s sees everything, in light and dark', async (person, screens) => {
        const { page, context, complaints } = await openPage(browser, florin.url, viewport);
        await signIn(page, person);
        for (const screen of screens) {
            await page.goto(screen.path());
            await screen.shows(page);
            await page.waitForLoadState('networkidle').catch(() => undefined);
            for (const scheme of ['light', 'dark'] as const) {
                await page.emulateMedia({ colorScheme: scheme });
                await page.locator(`html[data-mantine-color-scheme="${scheme}"]`).waitFor({ state: 'attached' });
                // All of it is drawn in these colours.
                await page.evaluate(
                    () => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))),
                );
                await shoot(page, `${screen.name}-${width}-${scheme}`);
                await expectAccessible(page);
            }
            await expectNoSidewaysScroll(page);
        }
        expect(complaints).toEqual([]);
        await context.close();
    });
});

it('has an accessible front door, and goes back to where one was', async () => {
    const { page, context } = await openPage(browser, florin.url);
    await page.goto('/wallets/9?x=1');
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    await shoot(page, 'sign-in-wide-light');
    await expectAccessible(page);
    await page.getByRole('button', { name: 'alice' }).click();
    await page.getByRole('heading', { name: 'Wallet 9' }).waitFor();
    await page.getByRole('button', { name: 'alice' }).click();
    await page.getByRole('menuitem', { name: 'Sign out' }).click();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    await page.goto('/sign-up');
    await page.getByRole('heading', { name: 'Sign up' }).waitFor();
    await expectAccessible(page);
    await context.close();
});

it('keeps nothing that a script could steal, and stays signed in through a reload', async () => {
    const { page, context } = await openPage(browser, florin.url);
    await signIn(page, 'alice');
    const kept = await page.evaluate(() =>
        JSON.stringify([{ ...window.localStorage }, { ...sessionStorage }, document.cookie]),
    );
    expect(kept).not.toMatch(/eyJ|ftr_|token/);
    const [cookie] = await context.cookies(`${florin.url}/v1/auth/session`);
    expect(cookie).toMatchObject({ httpOnly: true, sameSite: 'Strict' });
    await page.reload();
    await page.getByRole('heading', { name: 'Overview' }).waitFor();
    // Its session ends while it is open: back to the front door, and from there to where it was.
    await context.clearCookies();
    await page.goto('/payouts');
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    await page.getByRole('button', { name: 'alice' }).click();
    await page.getByRole('heading', { name: 'Payouts' }).waitFor();
    await context.close();
});

it('is driven by the keyboard', async () => {
    const { page, context } = await openPage(browser, florin.url);
    await signIn(page, 'alice');
    await page.getByRole('heading', { name: 'Overview' }).waitFor();
    const go = async (query: string, place: string) => {
        await page.keyboard.press('Control+k');
        // Typed by whoever sees where it goes.
        await expect
            .poll(() =>
                page
                    .getByPlaceholder(/Go to a page/)
                    .evaluate((input) => input === document.activeElement)
                    .catch(() => false),
            )
            .toBe(true);
        await page.keyboard.type(query);
        await page.getByRole('dialog').getByRole('button', { name: place }).first().waitFor();
        await page.keyboard.press('Enter');
        await page.getByRole('dialog').waitFor({ state: 'hidden' });
    };
    await go('payouts', 'Payouts');
    await page.getByRole('heading', { name: 'Payouts' }).waitFor();
    await go(String(wallet), `Wallet ${wallet}`);

    await page.getByRole('heading', { name: `Wallet ${wallet}` }).waitFor();
    await context.close();
});

it('lets somebody new in, who sets a PIN', async () => {
    const { page, context } = await openPage(browser, florin.url);
    await page.goto('/sign-up');
    await page.getByRole('textbox', { name: 'User name' }).fill('alice');
    await page.getByRole('textbox', { name: 'Email' }).fill('carol@example.com');
    await page.getByRole('textbox', { name: 'Password' }).fill('correct horse');
    await page.getByRole('button', { name: 'Sign up' }).click();
    await page
        .getByText(/Another user has this username/)
        .first()
        .waitFor();
    await page.getByRole('textbox', { name: 'User name' }).fill('carol');
    await page.getByRole('button', { name: 'Sign up' }).click();
    await page.getByRole('heading', { name: 'Transaction PIN' }).waitFor();
    await page.getByRole('textbox', { name: 'Password' }).fill('correct horse');
    await page.getByRole('textbox', { name: 'New PIN', exact: true }).fill('9173');
    await page.getByRole('textbox', { name: 'New PIN, again' }).fill('9173');
    await page.getByRole('button', { name: 'Set the PIN' }).click();
    await page.getByText('The new PIN is in force.').waitFor();
    await context.close();
});

it('shows the overview within a second', async () => {
    const { page, context } = await openPage(browser, florin.url);
    await signIn(page, 'alice');
    await page.getByRole('heading', { name: 'Overview' }).waitFor();
    const times: number[] = [];
    for (let round = 0; round < 5; round += 1) {
        await page.reload();
        await page.getByRole('heading', { name: 'Overview' }).waitFor();
        times.push(
            await page.evaluate(() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? NaN),
        );
    }
    console.log(`first contentful paint of the overview, ms: ${times.map((time) => time.toFixed(0)).join(', ')}`);
    expect(times.every((time) => time > 0)).toBe(true);
    await context.close();
});
