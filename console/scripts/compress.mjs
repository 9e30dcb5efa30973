// Puts a compressed twin beside every file of the bundle, so that the server compresses nothing while it runs, and
// holds the scripts of the first load to their bound.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';

const FIRST_LOAD_BYTES_MAX = 250 * 1024;
const COMPRESSIBLE = /\.(js|css|svg)$/;

const folder = new URL('../dist', import.meta.url).pathname;
const files = readdirSync(folder, { recursive: true }).map(String);
for (const file of files.filter((name) => COMPRESSIBLE.test(name))) {
    const bytes = readFileSync(join(folder, file));
    writeFileSync(join(folder, `${file}.br`), brotliCompressSync(bytes));
    writeFileSync(join(folder, `${file}.gz`), gzipSync(bytes, { level: 9 }));
}

const page = readFileSync(join(folder, 'index.html'), 'utf8');
const scripts = [...page.matchAll(/(?:src|href)="\/(bundle\/[^"]+\.js)"/g)].map((match) => match[1]);
const size = scripts.reduce((sum, script) => sum + readFileSync(join(folder, `${script}.gz`)).length, 0);
console.log(`first load: ${(size / 1024).toFixed(1)} KiB of script, compressed`);
if (size > FIRST_LOAD_BYTES_MAX) {
    console.error(`that is more than ${FIRST_LOAD_BYTES_MAX / 1024} KiB`);
    process.exit(1);
}
