/** A database of its own on the PostgreSQL that `scripts/with-postgres` has started. */
import { execFileSync } from 'node:child_process';

export async function emptyDatabase(): Promise<string> {
    const server = process.env.FLORIN_TEST_POSTGRES_URL;
    if (!server)
        throw new Error('FLORIN_TEST_POSTGRES_URL must name a PostgreSQL: scripts/with-postgres COMMAND starts one');
    const name = `florin_console_${process.pid}_${Date.now()}`;
    execFileSync('psql', [server, '-qc', `CREATE DATABASE ${name}`]);
    return `${server.slice(0, server.lastIndexOf('/'))}/${name}?sslmode=disable`;
}
