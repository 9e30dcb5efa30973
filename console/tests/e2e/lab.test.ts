/** The demos, on both: the fragile wallet breaks, and Florin holds. */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { enterPin, expectAccessible, openPage, shoot, signIn, startBrowser } from './browser';
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

it('shows one break and the other hold', async () => {
    const { page, context, complaints } = await openPage(browser, florin.url);
    await signIn(page, 'alice', '/lab');
    await page.getByRole('button', { name: 'Enter the PIN' }).click();
    await enterPin(page);
    for (const title of [
        'Retry the same request',
        'Race for one balance',
        'Race on one version',
        'Totals while money moves',
    ]) {
        const panel = page.getByRole('region', { name: title });
        // What breaks does so by chance; it has a dozen tries.
        let broke = false;
        for (let round = 0; round < 12 && !broke; round += 1) {
            await panel.getByRole('button', { name: 'Run' }).click();
            await panel
                .getByRole('article', { name: 'The fragile wallet' })
                .getByText(/^(held|broke)$/)
                .waitFor({ timeout: 60_000 });
            expect(
                await panel
                    .getByRole('article', { name: 'Florin' })
                    .getByText(/^(held|broke)$/)
                    .innerText(),
                title,
            ).toBe('held');
            broke =
                (await panel
                    .getByRole('article', { name: 'The fragile wallet' })
                    .getByText(/^(held|broke)$/)
                    .innerText()) === 'broke';
        }
        expect(broke, title).toBe(true);
    }
    await shoot(page, 'lab-ran');
    await expectAccessible(page);
    expect(complaints).toEqual([]);
    await context.close();
});
