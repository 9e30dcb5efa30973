/** The movements beside transfers: who may make them, and between which wallets they go. */
import type { Role } from '../../api/types';

export interface Kind {
    type: 'deposit' | 'withdrawal' | 'top_up' | 'spend' | 'bonus';
    title: string;
    does: string;
    /** Whether it names a wallet, or a user and an asset, whose main wallet it is then. */
    names: 'wallet' | 'user';
    roles: Role[];
}

export const KINDS: Kind[] = [
    {
        type: 'spend',
        title: 'Spend',
        does: 'From a main wallet to the house.',
        names: 'user',
        roles: ['user', 'operator'],
    },
    {
        type: 'withdrawal',
        title: 'Withdraw',
        does: 'Out of a wallet, to outside.',
        names: 'wallet',
        roles: ['user', 'operator'],
    },
    { type: 'deposit', title: 'Deposit', does: 'Into a wallet, from outside.', names: 'wallet', roles: ['operator'] },
    {
        type: 'top_up',
        title: 'Top up',
        does: 'Into a user’s main wallet, from the treasury.',
        names: 'user',
        roles: ['operator'],
    },
    {
        type: 'bonus',
        title: 'Bonus',
        does: 'Into a user’s main wallet, from the bonus wallet.',
        names: 'user',
        roles: ['operator'],
    },
];
