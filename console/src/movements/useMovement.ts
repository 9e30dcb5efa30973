/** The way of one movement through the console: looked over, approved with the PIN, sent, and known. */
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Refused, codeOf, sayError, type Problem } from '../api/problem';
import type { Transaction } from '../api/types';
import { forgetDraft, loadDraft, markSent, reopen, saveDraft, type Draft } from './draft';
import { approve, isUnclear, needsPin, untilKnown, type Movement, perform } from './perform';

export type Stage =
    | { is: 'editing' }
    | { is: 'reviewing'; draft: Draft }
    | { is: 'asking-pin'; draft: Draft; fault?: string; resolves?: boolean }
    | { is: 'sending'; draft: Draft }
    /** No answer came: the same request is sent again, under the same key. */
    | { is: 'checking'; draft: Draft; question: number }
    /** Nobody answers for now; the draft is kept, and asked about again when the person says so. */
    | { is: 'unknown'; draft: Draft; fault: string }
    | { is: 'conflict'; draft: Draft; currentVersion: number | undefined }
    | { is: 'refused'; problem: Problem; draft: Draft }
    | { is: 'done'; transaction: Transaction };

/** What the ledger decided and will say again under this key; everything else bound nothing to it. */
const STANDS = new Set(['insufficient_funds', 'reversal_exceeds_remaining', 'balance_limit_exceeded']);

export function useMovement() {
    const queries = useQueryClient();
    const [stage, setStage] = useState<Stage>(resumed);

    async function send(draft: Draft, approval?: string) {
        const sent = markSent(sessionStorage, draft);
        setStage({ is: 'sending', draft: sent });
        const attempt = { ...sent, ...(approval === undefined ? {} : { approval }) };
        try {
            const transaction = await untilKnown(
                () => perform(attempt),
                (question) => setStage({ is: 'checking', draft: sent, question }),
            );
            forgetDraft(sessionStorage);
            await queries.invalidateQueries();
            setStage({ is: 'done', transaction });
        } catch (error) {
            await failed(sent, error);
        }
    }

    async function failed(draft: Draft, error: unknown) {
        if (isUnclear(error) || !(error instanceof Refused)) {
            setStage({ is: 'unknown', draft, fault: sayError(error) });
            return;
        }
        const { problem } = error;
        if (problem.code === 'approval_expired' || problem.code === 'approval_invalid') {
            setStage({
                is: 'asking-pin',
                draft,
                fault: 'That took too long. Enter the PIN once more.',
                resolves: true,
            });
            return;
        }
        if (STANDS.has(problem.code)) forgetDraft(sessionStorage);
        const open = STANDS.has(problem.code) ? draft : reopen(sessionStorage, draft);
        await queries.invalidateQueries();
        if (problem.code === 'version_conflict') {
            setStage({ is: 'conflict', draft: open, currentVersion: problem.current_version ?? undefined });
        } else {
            setStage({ is: 'refused', problem, draft: open });
        }
    }

    return {
        stage,
        /** To be looked over. */
        review(movement: Movement, version?: number) {
            setStage({ is: 'reviewing', draft: saveDraft(sessionStorage, movement, version) });
        },
        /** Back to the form, with what was typed. */
        edit: () => setStage({ is: 'editing' }),
        confirm(draft: Draft) {
            if (needsPin(draft.movement)) setStage({ is: 'asking-pin', draft });
            else void send(draft);
        },
        async enterPin(draft: Draft, pin: string) {
            try {
                await send(draft, await approve(pin, draft.movement));
            } catch (error) {
                const fault =
                    codeOf(error) === 'pin_not_set'
                        ? 'You have no PIN yet. Set one in your settings.'
                        : sayError(error);
                setStage({ is: 'asking-pin', draft, fault, ...(draft.sent ? { resolves: true } : {}) });
            }
        },
        /** The PIN was not entered: nothing was sent. */
        backToReview: (draft: Draft) => setStage({ is: 'reviewing', draft }),
        /** The PIN was not entered, and what became of an earlier request is as unknown as it was. */
        leaveUnknown: (draft: Draft) => setStage({ is: 'unknown', draft, fault: 'It was not asked again.' }),
        /** After a conflict: the same, on what the wallet is now. */
        reviewAgain: (draft: Draft, version: number | undefined) =>
            setStage({ is: 'reviewing', draft: saveDraft(sessionStorage, draft.movement, version) }),
        /** Asks again what became of it. */
        resolve(draft: Draft) {
            if (needsPin(draft.movement)) setStage({ is: 'asking-pin', draft, resolves: true });
            else void send(draft);
        },
        startOver() {
            forgetDraft(sessionStorage);
            setStage({ is: 'editing' });
        },
    };
}

/** A draft that was sent before a reload has to be known before anything else is sent. */
function resumed(): Stage {
    const draft = loadDraft(sessionStorage);
    if (draft?.sent) return { is: 'unknown', draft, fault: 'The page was closed before an answer came.' };
    return { is: 'editing' };
}
