/** The payout wizard, with a good file, a bad one, and what failed. */
import { writeFileSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Api } from './api';
import { enterPin, expectAccessible, openPage, shoot, signIn, startBrowser } from './browser';
import { startFlorin, type Florin } from './florin';

let florin: Florin;
let browser: Browser;
const folder = mkdtempSync(join(tmpdir(), 'florin-files-'));

beforeAll(async () => {
    florin = await startFlorin();
    browser = await startBrowser();
});
afterAll(async () => {
    await browser?.close();
    await florin?.stop();
});

function file(name: string, ...lines: string[]): string {
    const path = join(folder, name);
    writeFileSync(path, lines.join('\n'));
    return path;
}

async function begin(page: Page, name: string) {
    await page.goto('/payouts/new');
    await from(page, 'USD');
    await page.getByRole('textbox', { name: 'Name' }).fill(name);
    await page.getByRole('button', { name: 'Go on to the rows' }).click();
    await page.getByText(/Drop a CSV file here/).waitFor();
}

async function from(page: Page, asset: string) {
    await page.getByRole('combobox', { name: 'Wallet' }).click();
    await page.getByRole('option', { name: new RegExp(asset) }).click();
}

const choose = (page: Page, path: string) => page.locator('input[type=file]').setInputFiles(path);

it('pays a good file, shows it as it happens, and takes chosen rows back', async () => {
    const { page, context, complaints } = await openPage(browser, florin.url);
    await signIn(page, 'alice');
    const bob = await Api.signIn(florin.url, 'bob');
    const before = await bob.wallet('USD');
    await begin(page, 'good');
    await choose(page, file('good.csv', 'recipient_id,amount,reference', 'user:bob,7.00,one', 'user:bob,3.00,two'));
    await page.getByText('As things stand, every row will be paid').waitFor();
    await shoot(page, 'payout-preflight');
    await expectAccessible(page);
    await page.getByRole('button', { name: 'Pay 10.00 USD' }).click();
    await enterPin(page);
    await page.getByText('It is over.').waitFor();
    await page
        .getByRole('row', { name: /user:bob/ })
        .nth(1)
        .waitFor();
    expect(await bob.wallet('USD')).toMatchObject({ posted: plus(before.posted, 1000) });

    await page.getByRole('checkbox', { name: 'Mark row 2' }).check();
    await page.getByRole('button', { name: 'Take back 1 rows' }).click();
    await enterPin(page);
    await page.getByText(/Taken back: 1 of 1 rows/).waitFor();
    await shoot(page, 'payout-over');
    await expectAccessible(page);
    expect(await bob.wallet('USD')).toMatchObject({ posted: plus(before.posted, 700) });
    expect(complaints).toEqual([]);
    await context.close();
});

it('marks bad cells, takes their mending in place, and pays then', async () => {
    const { page, context } = await openPage(browser, florin.url);
    await signIn(page, 'alice');
    await begin(page, 'bad');
    await choose(page, file('bad.csv', 'recipient_id,amount', 'user:bob,1.00', 'user:nobody,2.00', 'user:bob,3.005'));
    await page.getByRole('heading', { name: '2 of 3 rows have faults' }).waitFor();
    const recipient = page.getByRole('textbox', { name: 'recipient_id of row 2' });
    const amount = page.getByRole('textbox', { name: 'amount of row 3' });
    expect(await recipient.getAttribute('aria-invalid')).toBe('true');
    expect(await amount.getAttribute('aria-invalid')).toBe('true');
    expect(await page.getByRole('textbox', { name: 'amount of row 2' }).getAttribute('aria-invalid')).not.toBe('true');
    await shoot(page, 'payout-mend');
    await expectAccessible(page);
    await recipient.fill('user:bob');
    await page.getByRole('button', { name: 'Check again' }).click();
    await page.getByRole('heading', { name: '1 of 3 rows have faults' }).waitFor();
    await amount.fill('3.00');
    await page.getByRole('button', { name: 'Check again' }).click();
    await page.getByRole('button', { name: 'Pay 6.00 USD' }).click();
    await enterPin(page);
    await page.getByText('It is over.').waitFor();
    await context.close();
});

it('says what is wrong with a file that is none', async () => {
    const { page, context } = await openPage(browser, florin.url);
    await signIn(page, 'alice');
    await begin(page, 'none');
    await choose(page, file('none.csv', 'who,how much', 'bob,1'));
    await page
        .getByRole('alert')
        .filter({ hasText: /recipient_id|column/ })
        .waitFor();
    await context.close();
});

it('retries rows that failed once the reason is gone', async () => {
    const house = await Api.signIn(florin.url, 'house');
    const bob = await Api.signIn(florin.url, 'bob');
    const to = await bob.wallet('GOLD');
    const { page, context } = await openPage(browser, florin.url);
    await signIn(page, 'alice');
    const status = async (wanted: string) => {
        const { version } = await house.get<{ version: number }>(`/v1/wallets/${to.id}`);
        await house.patch(`/v1/wallets/${to.id}`, { status: wanted }, version);
    };
    await page.goto('/payouts/new');
    await from(page, 'GOLD');
    await page.getByRole('button', { name: 'Go on to the rows' }).click();
    await choose(page, file('frozen.csv', 'recipient_id,amount', `${to.id},1`));
    await page.getByRole('button', { name: /^Pay 1/ }).waitFor();
    await status('frozen');
    await page.getByRole('button', { name: /^Pay 1/ }).click();
    await enterPin(page);
    await page.getByText('wallet_frozen').waitFor();
    await status('active');
    await page.getByRole('button', { name: 'Retry what failed' }).click();
    await enterPin(page);
    await page.getByText('completed').first().waitFor();
    expect(await bob.wallet('GOLD')).toMatchObject({ posted: String(Number(to.posted) + 1) });
    await context.close();
});

function plus(amount: string, cents: number): string {
    const sum = Number(amount.replace('.', '')) + cents;
    return `${Math.floor(sum / 100)}.${String(sum % 100).padStart(2, '0')}`;
}
