/** The API beside the browser: what others do meanwhile, and what is true in the end. */

const PASSWORD = 'florin-demo';
let keys = 0;

export interface Wallet {
    id: number;
    user_id?: number;
    asset: string;
    name: string;
    posted: string;
    available: string;
    version: number;
}

export class Api {
    private constructor(
        private readonly url: string,
        private readonly token: string,
    ) {}

    static async signIn(url: string, username: string): Promise<Api> {
        const response = await fetch(`${url}/v1/auth/login`, {
            method: 'POST',
            headers: { 'content-type': 'application/json' },
            body: JSON.stringify({ username, password: PASSWORD }),
        });
        const { access_token: token } = (await response.json()) as { access_token: string };
        return new Api(url, token);
    }

    async get<T>(path: string): Promise<T> {
        return (await this.send('GET', path)).json() as Promise<T>;
    }

    async post<T>(path: string, body: unknown): Promise<T> {
        const response = await this.send('POST', path, body);
        if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
        return (await response.json()) as T;
    }

    async patch(path: string, body: unknown, version: number): Promise<void> {
        const response = await this.send('PATCH', path, body, { 'if-match': `"${version}"` });
        if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    }

    async wallet(asset: string): Promise<Wallet> {
        const { id } = await this.get<{ id: number }>('/v1/me');
        const { data } = await this.get<{ data: Wallet[] }>(`/v1/wallets?user_id=${id}&asset=${asset}`);
        const main = data.find(({ name }) => name === 'main');
        if (!main) throw new Error(`no wallet in ${asset}`);
        return main;
    }

    private send(method: string, path: string, body?: unknown, more: Record<string, string> = {}): Promise<Response> {
        const headers: Record<string, string> = {
            authorization: `Bearer ${this.token}`,
            'content-type': 'application/json',
            'idempotency-key': `e2e-${process.pid}-${(keys += 1)}`,
            'transaction-pin': '2846',
            ...more,
        };
        return fetch(this.url + path, {
            method,
            headers,
            ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        });
    }
}
