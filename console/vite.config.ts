import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';

/** Where `npm run dev` finds a Florin to talk to. */
const florin = process.env.FLORIN_URL ?? 'http://127.0.0.1:3000';

export default defineConfig({
    plugins: [react()],
    build: {
        // The Content-Security-Policy allows no data: scripts or styles, and every file has a name of its content.
        assetsInlineLimit: 0,
        // Not the default: /assets is a page.
        assetsDir: 'bundle',
        modulePreload: { polyfill: false },
        target: 'es2022',
    },
    server: {
        proxy: Object.fromEntries(
            ['/v1', '/console', '/lab/specimen', '/metrics', '/openapi.json', '/docs', '/livez', '/readyz'].map(
                (path) => [path, florin],
            ),
        ),
    },
    test: {
        projects: [
            { test: { name: 'unit', include: ['src/**/*.test.ts'], environment: 'node' } },
            {
                test: {
                    name: 'e2e',
                    include: ['tests/e2e/**/*.test.ts'],
                    environment: 'node',
                    testTimeout: 120_000,
                    hookTimeout: 120_000,
                    fileParallelism: false,
                    // Once more, where a busy machine was slower than a browser waits; what is wrong fails twice.
                    retry: 1,
                },
            },
        ],
    },
});
