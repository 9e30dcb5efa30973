/** Sending money, and what may go wrong on its way: on both stores. */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Api } from './api';
import { enterPin, openPage, shoot, signIn, startBrowser } from './browser';
import { startFlorin, type Florin } from './florin';
import { emptyDatabase } from './postgres';

describe.each(['sqlite', 'postgres'] as const)('on %s', (store) => {
    let florin: Florin;
    let browser: Browser;
    beforeAll(async () => {
        florin = await startFlorin(store === 'postgres' ? await emptyDatabase() : undefined);
        browser = await startBrowser();
    });
    afterAll(async () => {
        await browser?.close();
        await florin?.stop();
    });

    async function reviewed(amount: string, to = 'bob') {
        const opened = await openPage(browser, florin.url);
        const { page } = opened;
        await signIn(page, 'alice', await fromUsd());
        await page.getByRole('textbox', { name: 'To' }).fill(to);
        await page.getByRole('textbox', { name: 'Amount' }).fill(amount);
        await page.getByRole('textbox', { name: 'Reference' }).fill('lunch');
        await page.getByRole('button', { name: 'Review' }).click();
        await page.getByRole('heading', { name: 'Look it over' }).waitFor();
        return opened;
    }

    async function fromUsd() {
        const alice = await Api.signIn(florin.url, 'alice');
        return `/send?from=${(await alice.wallet('USD')).id}`;
    }

    async function balances() {
        const [alice, bob] = await Promise.all([Api.signIn(florin.url, 'alice'), Api.signIn(florin.url, 'bob')]);
        return { alice, from: await alice.wallet('USD'), to: await bob.wallet('USD') };
    }

    it('sends money that arrives', async () => {
        const before = await balances();
        const { page, context, complaints } = await reviewed('12.50');
        await page
            .getByRole('table', { name: 'What is about to happen' })
            .getByText(/^bob · wallet/)
            .waitFor();
        await shoot(page, `review-${store}`);
        await page.getByRole('button', { name: 'Send it' }).click();
        await enterPin(page);
        await page.getByRole('heading', { name: 'Done' }).waitFor();
        await shoot(page, `receipt-${store}`);
        await page.getByRole('link', { name: 'Show the transaction' }).click();
        await page.getByRole('heading', { name: 'What moved' }).waitFor();
        const after = await balances();
        expect(cents(before.from.posted) - cents(after.from.posted)).toBe(1250);
        expect(cents(after.to.posted) - cents(before.to.posted)).toBe(1250);
        expect(complaints).toEqual([]);
        await context.close();
    });

    it('finds out about a lost answer, and pays once', async () => {
        const before = await balances();
        const { page, context } = await reviewed('7.00');
        const keys: (string | undefined)[] = [];
        await page.route('**/v1/transfers', async (route) => {
            keys.push(route.request().headers()['idempotency-key']);
            const response = await route.fetch();
            expect(response.status()).toBe(201);
            // The server has committed; the network is gone before the browser hears of it, twice.
            if (keys.length <= 2) await route.abort('connectionfailed');
            else await route.fulfill({ response });
        });
        await page.getByRole('button', { name: 'Send it' }).click();
        await enterPin(page);
        await page.getByRole('heading', { name: 'Checking' }).waitFor();
        await shoot(page, `checking-${store}`);
        await page.getByRole('heading', { name: 'Done' }).waitFor();
        expect(keys).toHaveLength(3);
        expect(new Set(keys).size).toBe(1);
        const after = await balances();
        expect(cents(before.from.posted) - cents(after.from.posted)).toBe(700);
        await context.close();
    });

    it('knows after a reload what it was about, and pays once', async () => {
        const before = await balances();
        const { page, context } = await reviewed('3.00');
        let isFirst = true;
        await page.route('**/v1/transfers', async (route) => {
            const response = await route.fetch();
            if (isFirst) return void (await route.abort('connectionfailed'));
            await route.fulfill({ response });
        });
        await page.getByRole('button', { name: 'Send it' }).click();
        await enterPin(page);
        await page.getByRole('heading', { name: 'Checking' }).waitFor();
        await page.reload();
        await page.getByText('It is not known yet whether this was done').waitFor();
        isFirst = false;
        await page.getByRole('button', { name: 'Find out' }).click();
        await enterPin(page);
        await page.getByRole('heading', { name: 'Done' }).waitFor();
        const after = await balances();
        expect(cents(before.from.posted) - cents(after.from.posted)).toBe(300);
        await context.close();
    });

    it('shows a conflict for what it is, and asks again', async () => {
        const before = await balances();
        const { page, context } = await reviewed('5.00');
        await before.alice.post('/v1/transfers', {
            from_wallet_id: before.from.id,
            to_wallet_id: before.to.id,
            amount: '1.00',
        });
        await page.getByRole('button', { name: 'Send it' }).click();
        await enterPin(page);
        await page.getByText('The wallet has changed since you looked').waitFor();
        await shoot(page, `conflict-${store}`);
        expect(cents((await balances()).from.posted)).toBe(cents(before.from.posted) - 100);
        await page.getByRole('button', { name: 'Look it over again' }).click();
        await page.getByRole('button', { name: 'Send it' }).click();
        await enterPin(page);
        await page.getByRole('heading', { name: 'Done' }).waitFor();
        expect(cents((await balances()).from.posted)).toBe(cents(before.from.posted) - 600);
        await context.close();
    });

    it('says why something cannot be sent', async () => {
        const { page, context } = await openPage(browser, florin.url);
        await signIn(page, 'alice', await fromUsd());
        const amount = page.getByRole('textbox', { name: 'Amount' });
        await page.getByRole('textbox', { name: 'To' }).fill('nobody-here');
        for (const [typed, fault] of [
            ['1.005', /at most 2 decimals/],
            ['0', /above zero/],
            ['999999999', /more than the .* available/],
            ['-1', /Digits with a point/],
        ] as const) {
            await amount.fill(typed);
            await page.getByText(fault).first().waitFor();
            expect(await page.getByRole('button', { name: 'Review' }).getAttribute('aria-disabled')).toBe('true');
        }
        await amount.fill('1.00');
        await page.getByRole('button', { name: 'Review' }).click();
        await page.getByText(/Nobody by that name or number/).waitFor();
        await context.close();
    });

    it('counts wrong PINs, and a right one goes on', async () => {
        const { page, context } = await reviewed('1.00');
        await page.getByRole('button', { name: 'Send it' }).click();
        await enterPin(page, '9999');
        await page.getByRole('alert').filter({ hasText: /PIN/ }).waitFor();
        await enterPin(page);
        await page.getByRole('heading', { name: 'Done' }).waitFor();
        await context.close();
    });
});

function cents(amount: string): number {
    return Number(amount.replace('.', ''));
}
