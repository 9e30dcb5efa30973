/**
 * A draft of a movement, with the key under which it is sent, however often. The key is made once a draft and kept
 * in this tab's session storage, so that a reload in the middle asks about the same movement and never makes a second one.
 */
import type { Movement } from './perform';

export interface Draft {
    key: string;
    movement: Movement;
    version?: number;
    /** Whether it was sent: then only its key may be asked about, and nothing of it may change. */
    sent: boolean;
}

export interface DraftStore {
    getItem(name: string): string | null;
    setItem(name: string, value: string): void;
    removeItem(name: string): void;
}

const NAME = 'florin-draft';

/** The draft that this tab left off at, if there is one. */
export function loadDraft(store: DraftStore): Draft | undefined {
    const text = store.getItem(NAME);
    if (text === null) return undefined;
    try {
        const draft = JSON.parse(text) as Draft;
        return typeof draft?.key === 'string' && typeof draft.movement?.type === 'string' ? draft : undefined;
    } catch {
        return undefined;
    }
}

/** Keeps what a person is about to send. One that was changed before it was sent keeps its key. */
export function saveDraft(
    store: DraftStore,
    movement: Movement,
    version: number | undefined,
    newKey: () => string = randomKey,
): Draft {
    const earlier = loadDraft(store);
    if (earlier?.sent) throw new Error('A movement is under way: what became of it must be known first.');
    const draft: Draft = { key: earlier?.key ?? newKey(), movement, sent: false };
    if (version !== undefined) draft.version = version;
    store.setItem(NAME, JSON.stringify(draft));
    return draft;
}

/** From now on it may have happened. */
export function markSent(store: DraftStore, draft: Draft): Draft {
    const sent = { ...draft, sent: true };
    store.setItem(NAME, JSON.stringify(sent));
    return sent;
}

/** It is known that nothing happened and nothing was bound to the key: it may be changed. */
export function reopen(store: DraftStore, draft: Draft): Draft {
    const open = { ...draft, sent: false };
    store.setItem(NAME, JSON.stringify(open));
    return open;
}

/** It is known what became of it; the next draft gets a key of its own. */
export function forgetDraft(store: DraftStore): void {
    store.removeItem(NAME);
}

export function randomKey(): string {
    return `console-${crypto.randomUUID()}`;
}
