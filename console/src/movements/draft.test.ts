import { beforeEach, describe, expect, it } from 'vitest';
import { forgetDraft, loadDraft, markSent, reopen, saveDraft, type DraftStore } from './draft';
import type { Movement } from './perform';

const lunch: Movement = { type: 'transfer', from_wallet_id: 1, to_wallet_id: 2, amount: '12.50' };
const dinner: Movement = { ...lunch, amount: '30.00' };

describe('a draft', () => {
    let kept: Map<string, string>;
    let store: DraftStore;
    let keys: number;
    const newKey = () => `key-${(keys += 1)}`;

    beforeEach(() => {
        kept = new Map();
        keys = 0;
        store = {
            getItem: (name) => kept.get(name) ?? null,
            setItem: (name, value) => void kept.set(name, value),
            removeItem: (name) => void kept.delete(name),
        };
    });

    it('has one key, through changes and reloads', () => {
        expect(saveDraft(store, lunch, 4, newKey).key).toBe('key-1');
        expect(saveDraft(store, dinner, 4, newKey)).toEqual({
            key: 'key-1',
            movement: dinner,
            version: 4,
            sent: false,
        });
        expect(loadDraft(store)).toEqual({ key: 'key-1', movement: dinner, version: 4, sent: false });
    });

    it('cannot change once it was sent, until it is known that nothing happened', () => {
        const sent = markSent(store, saveDraft(store, lunch, undefined, newKey));
        expect(() => saveDraft(store, dinner, undefined, newKey)).toThrow(/under way/);
        expect(loadDraft(store)).toEqual(sent);
        reopen(store, sent);
        expect(saveDraft(store, dinner, undefined, newKey).key).toBe('key-1');
    });

    it('gives the next one a key of its own', () => {
        markSent(store, saveDraft(store, lunch, undefined, newKey));
        forgetDraft(store);
        expect(loadDraft(store)).toBeUndefined();
        expect(saveDraft(store, lunch, undefined, newKey).key).toBe('key-2');
    });

    it('is none where the storage holds something else', () => {
        for (const text of ['', '{', '{"key":1}', '[]', 'null', '{"key":"a"}']) {
            kept.set('florin-draft', text);
            expect(() => loadDraft(store), text).not.toThrow();
            expect(loadDraft(store), text).toBeUndefined();
        }
    });
});
