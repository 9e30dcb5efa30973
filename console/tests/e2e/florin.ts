/** A real Florin on a store of its own, started for one test file and stopped after it. */
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const root = new URL('../../..', import.meta.url).pathname;

export interface Florin {
    url: string;
    stop: () => Promise<void>;
}

function binary(): string {
    const candidates = [process.env.FLORIN_BIN, join(root, 'target/debug/florin'), join(root, 'target/release/florin')];
    const found = candidates.find((path) => path !== undefined && existsSync(path));
    if (!found) throw new Error('There is no florin to test: cargo build --package florin');
    return found;
}

/** With the demo, and the fragile wallet beside it; on PostgreSQL if there is a URL of an empty database. */
export async function startFlorin(databaseUrl?: string): Promise<Florin> {
    const folder = mkdtempSync(join(tmpdir(), 'florin-console-'));
    const environment = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('FLORIN_')));
    const child = spawn(binary(), ['serve', '--demo', '--lab', '--listen', '127.0.0.1:0', '--data-dir', 'data'], {
        cwd: folder,
        env: { ...environment, ...(databaseUrl ? { FLORIN_DATABASE_URL: databaseUrl } : {}) },
        stdio: ['ignore', 'pipe', 'inherit'],
    });
    return { url: await addressOf(child), stop: () => stop(child, folder) };
}

function addressOf(child: ChildProcess): Promise<string> {
    return new Promise((resolve, reject) => {
        child.once('exit', (code) => reject(new Error(`florin ended with ${code} before it listened`)));
        if (!child.stdout) return reject(new Error('its output is piped'));
        createInterface(child.stdout).on('line', (line) => {
            const url = /http:\/\/\S+/.exec(line)?.[0];
            if (url) resolve(url);
        });
    });
}

async function stop(child: ChildProcess, folder: string): Promise<void> {
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    await ended;
    rmSync(folder, { recursive: true });
}
