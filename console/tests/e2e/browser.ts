/** Chromium as people have it, and what tests do in it again and again. */
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';
import { expect } from 'vitest';

const require = createRequire(import.meta.url);
const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
const shots = new URL('../../screenshots', import.meta.url).pathname;

export const WIDE = { width: 1440, height: 900 };
export const NARROW = { width: 360, height: 780 };

export async function startBrowser(): Promise<Browser> {
    const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(
        existsSync,
    );
    if (!executablePath) throw new Error('There is no Chromium: sudo apt-get install chromium');
    const args = [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
    ];
    return chromium.launch({ executablePath, args });
}

/** A person's own browser; whatever it complains about fails the test. */
export async function openPage(
    browser: Browser,
    url: string,
    viewport = WIDE,
): Promise<{ context: BrowserContext; page: Page; complaints: string[] }> {
    const context = await browser.newContext({
        baseURL: url,
        viewport,
        locale: 'en-GB',
        timezoneId: 'Europe/Rome',
        reducedMotion: 'reduce',
    });
    const page = await context.newPage();
    page.setDefaultTimeout(20_000);
    const complaints: string[] = [];
    page.on('pageerror', (error) => complaints.push(String(error)));
    page.on('console', (message) => {
        if (message.type() === 'error' && !/Failed to load resource/.test(message.text()))
            complaints.push(message.text());
    });
    return { context, page, complaints };
}

/** Signs somebody of the demo in by the button that the demo has for them. */
export async function signIn(page: Page, name: 'alice' | 'bob' | 'house', path = '/'): Promise<void> {
    await page.goto(path);
    await page.getByRole('button', { name: name === 'house' ? 'house (operator)' : name }).click();
    await page
        .getByRole('navigation', { name: 'Main' })
        .or(page.getByRole('button', { name: 'Navigation' }))
        .first()
        .waitFor();
}

export async function enterPin(page: Page, pin = '2846'): Promise<void> {
    const pad = page.getByRole('dialog');
    for (const digit of pin) await pad.getByRole('button', { name: digit, exact: true }).click();
    await pad.getByRole('button', { name: 'OK' }).click();
}

/** No fault that axe finds, by WCAG 2.1 A and AA. */
export async function expectAccessible(page: Page): Promise<void> {
    // Evaluated past the page's Content-Security-Policy, which lets no script in.
    await page.evaluate(axe);
    const faults = await page.evaluate(async () => {
        const { axe } = window as unknown as {
            axe: {
                run: (
                    root: Document,
                    options: object,
                ) => Promise<{ violations: { id: string; nodes: { html: string; failureSummary?: string }[] }[] }>;
            };
        };
        const { violations } = await axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa'] });
        return violations.map(
            ({ id, nodes }) =>
                `${id}: ${nodes
                    .slice(0, 3)
                    .map((node) => `${node.html} ${node.failureSummary ?? ''}`)
                    .join(' | ')}`,
        );
    });
    expect(faults).toEqual([]);
}

/** Nothing is wider than the screen. */
export async function expectNoSidewaysScroll(page: Page): Promise<void> {
    const [content, screen] = await page.evaluate(() => [
        document.documentElement.scrollWidth,
        document.documentElement.clientWidth,
    ]);
    expect(content).toBeLessThanOrEqual(screen ?? 0);
}

export async function shoot(page: Page, name: string): Promise<void> {
    mkdirSync(shots, { recursive: true });
    await page.screenshot({ path: join(shots, `${name}.png`) });
}
