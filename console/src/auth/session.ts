/**
 * The sign-in of this tab. The access token lives in memory alone; what outlives the page is an HttpOnly cookie that
 * no script can read, and that the server exchanges for the next access token.
 */
import { NoAnswer, Refused, type Problem } from '../api/problem';

const SESSION = '/v1/auth/session';
/** A token that has less than this left is exchanged before it is used. */
const SPARE_MS = 30_000;

interface Access {
    token: string;
    expiresAt: number;
}

type Listener = () => void;

let access: Access | undefined;
let refreshing: Promise<string | undefined> | undefined;
const listeners = new Set<Listener>();

/** Is told when the sign-in begins or ends. */
export function onSessionChange(listener: Listener): () => void {
    listeners.add(listener);
    return () => listeners.delete(listener);
}

export function isSignedIn(): boolean {
    return access !== undefined;
}

/** The token to ask with, fresh enough; none when nobody is signed in. */
export async function accessToken(): Promise<string | undefined> {
    if (access && access.expiresAt - SPARE_MS > Date.now()) return access.token;
    return access ? refreshSession() : undefined;
}

export async function signIn(username: string, password: string): Promise<void> {
    const response = await send('POST', SESSION, { username, password });
    if (!response.ok) throw await refusal(response);
    await take(response);
}

/** Ends it on the server too; here in any case. */
export async function signOut(): Promise<void> {
    await send('DELETE', SESSION).catch(() => undefined);
    end();
}

/**
 * Exchanges the cookie for the next access token; nothing if the sign-in is over. One tab at a time: the server takes a
 * cookie that comes twice for a copied one.
 */
export function refreshSession(): Promise<string | undefined> {
    refreshing ??= exclusively(refresh).finally(() => {
        refreshing = undefined;
    });
    return refreshing;
}

async function refresh(): Promise<string | undefined> {
    const response = await send('POST', `${SESSION}/refresh`);
    if (response.ok) return take(response);
    if (response.status === 401 || response.status === 403) {
        end();
        return undefined;
    }
    throw await refusal(response);
}

async function exclusively<T>(work: () => Promise<T>): Promise<T> {
    return 'locks' in navigator ? navigator.locks.request('florin-session', work) : work();
}

async function take(response: Response): Promise<string> {
    const { access_token: token, expires_in: seconds } = (await response.json()) as {
        access_token: string;
        expires_in: number;
    };
    const began = access === undefined;
    access = { token, expiresAt: Date.now() + seconds * 1000 };
    if (began) tell();
    return token;
}

function end(): void {
    if (!access) return;
    access = undefined;
    tell();
}

function tell(): void {
    for (const listener of listeners) listener();
}

async function send(method: string, path: string, body?: unknown): Promise<Response> {
    // The header cannot be set by a form or a link of another site.
    const headers: Record<string, string> = { 'x-florin-console': '1' };
    if (body !== undefined) headers['content-type'] = 'application/json';
    // A page that is left while this is under way must not lose the next cookie.
    const init: RequestInit = { method, headers, keepalive: true };
    if (body !== undefined) init.body = JSON.stringify(body);
    return fetch(path, init).catch(() => {
        throw new NoAnswer('the connection failed');
    });
}

async function refusal(response: Response): Promise<Error> {
    const problem = (await response.json().catch(() => undefined)) as Problem | undefined;
    return problem?.code ? new Refused(problem, response.status) : new NoAnswer(`it answered ${response.status}`);
}
