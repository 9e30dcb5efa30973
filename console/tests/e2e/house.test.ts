/** An operator's day: money in, a wallet frozen, an asset, a key, a PIN reset, a reversal, a credit limit. */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Api } from './api';
import { enterPin, openPage, signIn, startBrowser } from './browser';
import { startFlorin, type Florin } from './florin';

let florin: Florin;
let browser: Browser;

beforeAll(async () => {
    florin = await startFlorin();
    browser = await startBrowser();
});
afterAll(async () => {
    await browser?.close();
    await florin?.stop();
});

async function asHouse(path = '/') {
    const opened = await openPage(browser, florin.url);
    await signIn(opened.page, 'house', path);
    return opened;
}

it.each([
    ['Deposit', 'deposit', false],
    ['Withdraw', 'withdrawal', true],
] as const)('%s on a wallet', async (title, type, needsPin) => {
    const alice = await Api.signIn(florin.url, 'alice');
    const before = await alice.wallet('USD');
    const { page, context } = await asHouse(`/move?type=${type}&wallet=${before.id}`);
    await page.getByRole('textbox', { name: 'Amount' }).fill('5.00');
    await page.getByRole('button', { name: 'Review' }).click();
    await page.getByRole('button', { name: title, exact: true }).click();
    if (needsPin) await enterPin(page);
    await page.getByRole('heading', { name: 'Done' }).waitFor();
    const after = await alice.wallet('USD');
    expect(Number(after.posted) - Number(before.posted)).toBeCloseTo(needsPin ? -5 : 5);
    await context.close();
});

it.each(['Top up', 'Bonus', 'Spend'] as const)('%s for a user', async (title) => {
    const bob = await Api.signIn(florin.url, 'bob');
    const before = await bob.wallet('GOLD');
    const type = title.toLowerCase().replace(' ', '_');
    const { page, context } = await asHouse(`/move?type=${type}&user=${before.user_id}`);
    await page.getByRole('combobox', { name: 'Asset' }).click();
    await page.getByRole('option', { name: /GOLD/ }).click();
    await page.getByRole('textbox', { name: 'Amount' }).fill('2');
    await page.getByRole('button', { name: 'Review' }).click();
    await page.getByRole('button', { name: title, exact: true }).click();
    if (title === 'Spend') await enterPin(page);
    await page.getByRole('heading', { name: 'Done' }).waitFor();
    const after = await bob.wallet('GOLD');
    expect(Number(after.posted) - Number(before.posted)).toBe(title === 'Spend' ? -2 : 2);
    await context.close();
});

it('freezes a wallet and thaws it', async () => {
    const bob = await Api.signIn(florin.url, 'bob');
    const { id } = await bob.wallet('USD');
    const { page, context } = await asHouse(`/wallets/${id}`);
    for (const [verb, status] of [
        ['Freeze', 'frozen'],
        ['Thaw', 'active'],
    ] as const) {
        await page.getByRole('button', { name: 'Change' }).click();
        await page.getByRole('menuitem', { name: `${verb} it` }).click();
        await page
            .getByRole('dialog')
            .getByRole('button', { name: `${verb} it` })
            .click();
        await page.getByText(status).first().waitFor();
        expect(await bob.get(`/v1/wallets/${id}`)).toMatchObject({ status });
    }
    await context.close();
});

it('reverses a transaction in part', async () => {
    const alice = await Api.signIn(florin.url, 'alice');
    const bob = await Api.signIn(florin.url, 'bob');
    const [from, to] = [await alice.wallet('USD'), await bob.wallet('USD')];
    const { id } = await alice.post<{ id: string }>('/v1/transfers', {
        from_wallet_id: from.id,
        to_wallet_id: to.id,
        amount: '9.00',
    });
    const { page, context } = await asHouse(`/transactions/${id}`);
    await page.getByRole('button', { name: 'Reverse' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('textbox', { name: 'Amount' }).fill('4.00');
    await dialog.getByRole('button', { name: 'Review' }).click();
    await dialog.getByRole('button', { name: 'Reverse it' }).click();
    const pad = page.getByRole('dialog', { name: 'Your PIN' });
    for (const digit of '2846') await pad.getByRole('button', { name: digit, exact: true }).click();
    await pad.getByRole('button', { name: 'OK' }).click();
    await page.getByRole('heading', { name: 'Done' }).waitFor();
    expect(Number((await alice.wallet('USD')).posted) - Number(from.posted)).toBeCloseTo(-5);
    await context.close();
});

it('creates an asset and a key, resets a PIN, sets a credit limit', async () => {
    const { page, context } = await asHouse('/assets');
    await page.getByRole('button', { name: 'Create an asset' }).click();
    await page.getByRole('textbox', { name: 'Code' }).fill('PTS');
    await page.getByRole('textbox', { name: 'Name' }).fill('points');
    await page.getByRole('button', { name: 'Create it' }).click();
    await page.getByRole('cell', { name: 'PTS' }).waitFor();

    await page.goto('/api-keys');
    await page.getByRole('button', { name: 'Create a key' }).click();
    await page.getByRole('textbox', { name: 'What it is for' }).fill('web shop');
    await page.getByRole('button', { name: 'Create it' }).click();
    expect(await page.getByTestId('secret').innerText()).toMatch(/^fk_/);
    await page.getByRole('button', { name: 'I have kept it' }).click();
    await page.getByRole('button', { name: 'Revoke' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Revoke it' }).click();
    await page.getByText('revoked').waitFor();

    await page.goto('/users/3');
    await page.getByRole('button', { name: 'Reset PIN' }).click();
    await page.getByRole('button', { name: 'Reset it' }).click();
    await page.getByText(/has no PIN now/).waitFor();

    const alice = await Api.signIn(florin.url, 'alice');
    const { id } = await alice.wallet('GOLD');
    await page.goto('/limits');
    await page.getByRole('textbox', { name: 'Wallet' }).fill(String(id));
    await page.getByRole('textbox', { name: 'New credit limit' }).fill('50');
    await page.getByRole('button', { name: 'Set it' }).click();
    await page.getByText('It is in force.').waitFor();
    expect(await alice.get(`/v1/wallets/${id}`)).toMatchObject({ credit_limit: '50' });
    await context.close();
});

it('downloads a wallet’s entries', async () => {
    const alice = await Api.signIn(florin.url, 'alice');
    const { id } = await alice.wallet('USD');
    const { page, context } = await asHouse(`/wallets/${id}`);
    const [download] = await Promise.all([
        page.waitForEvent('download'),
        page.getByRole('button', { name: 'CSV' }).click(),
    ]);
    expect(download.suggestedFilename()).toBe(`wallet-${id}.csv`);
    const stream = await download.createReadStream();
    let content = '';
    for await (const chunk of stream) content += String(chunk);
    expect(content).toMatch(/^version,created_at,type,direction,amount,balance_after/);
    expect(content).toMatch(/top_up,CREDIT,1000.00,1000.00,USD/);
    await context.close();
});
