/** What a movement is, in a sentence, for whoever is about to approve it. */
import { group } from '../money/decimal';
import type { Movement } from './perform';

export function sayMovement(movement: Movement, asset: string): string {
    const amount = movement.amount ? `${group(movement.amount)} ${asset}` : 'all that is left of it';
    switch (movement.type) {
        case 'transfer':
            return `Send ${amount} from wallet ${movement.from_wallet_id} to wallet ${movement.to_wallet_id}`;
        case 'deposit':
            return `Deposit ${amount} into wallet ${movement.wallet_id}`;
        case 'withdrawal':
            return `Withdraw ${amount} from wallet ${movement.wallet_id}`;
        case 'top_up':
            return `Top up user ${movement.user_id} with ${amount}`;
        case 'spend':
            return `Spend ${amount} of user ${movement.user_id}`;
        case 'bonus':
            return `Give user ${movement.user_id} a bonus of ${amount}`;
        case 'reversal':
            return `Reverse ${amount} of transaction ${movement.transaction_id}`;
    }
}
