/** The one way to the server. Its types are generated from openapi.json, so a call that the API does not have fails the build. */
import createClient from 'openapi-fetch';
import { accessToken, refreshSession } from '../auth/session';
import { NoAnswer, Refused, type Problem } from './problem';
import type { paths } from './schema';

/** With the sign-in; once more if the access token is over and the session is not. */
async function fetchSignedIn(request: Request): Promise<Response> {
    const again = request.clone();
    const token = await accessToken();
    const response = await fetch(withToken(request, token));
    if (response.status !== 401 || token === undefined) return response;
    const next = await refreshSession();
    return next === undefined ? response : fetch(withToken(again, next));
}

function withToken(request: Request, token: string | undefined): Request {
    if (token !== undefined) request.headers.set('authorization', `Bearer ${token}`);
    return request;
}

export const api = createClient<paths>({ baseUrl: location.origin, fetch: fetchSignedIn });

/** A request that is not JSON, such as a file, with the sign-in. */
export async function fetchRaw(path: string, init: RequestInit): Promise<Response> {
    return ensureDone(fetchSignedIn(new Request(path, init)));
}

/** Gives the answer, or throws {@link Refused} or {@link NoAnswer}. */
export async function ensureDone(answer: Promise<Response>): Promise<Response> {
    const response = await answer.catch((error: unknown) => {
        throw isAbort(error) ? error : new NoAnswer('the connection failed');
    });
    if (response.ok) return response;
    throw refusal(response, (await response.json().catch(() => undefined)) as Problem | undefined);
}

/** What a call of {@link api} gave, or throws {@link Refused} or {@link NoAnswer}. */
export async function done<T>(call: Promise<{ data?: T; error?: unknown; response: Response }>): Promise<T> {
    const { data, error, response } = await call.catch((thrown: unknown) => {
        throw isAbort(thrown) ? thrown : new NoAnswer('the connection failed');
    });
    if (response.ok) return data as T;
    throw refusal(response, error as Problem | undefined);
}

function refusal(response: Response, problem: Problem | undefined): Error {
    if (problem && typeof problem === 'object' && 'code' in problem) return new Refused(problem, response.status);
    return new NoAnswer(`it answered ${response.status} without a reason`);
}

function isAbort(error: unknown): boolean {
    return error instanceof DOMException && error.name === 'AbortError';
}
