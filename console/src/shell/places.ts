/** Where one can go, for the navigation and for the command palette. */
import {
    IconArrowsExchange,
    IconCoins,
    IconFileSpreadsheet,
    IconFlask,
    IconGauge,
    IconHistory,
    IconHome,
    IconKey,
    IconList,
    IconSend,
    IconSettings,
    IconUsers,
    IconWallet,
} from '@tabler/icons-react';

export interface Place {
    to: string;
    title: string;
    does: string;
    icon: typeof IconHome;
    forOperators?: true;
}

export const PLACES: Place[] = [
    { to: '/', title: 'Overview', does: 'Balances and what happened last', icon: IconHome },
    { to: '/wallets', title: 'Wallets', does: 'All wallets', icon: IconWallet },
    { to: '/send', title: 'Send', does: 'Send money to somebody', icon: IconSend },
    { to: '/move', title: 'Move', does: 'Deposit, withdraw, top up, spend, bonus', icon: IconArrowsExchange },
    { to: '/transactions', title: 'Transactions', does: 'Everything that moved', icon: IconList },
    { to: '/payouts', title: 'Payouts', does: 'Pay many people from a file', icon: IconFileSpreadsheet },
    { to: '/lab', title: 'Lab', does: 'Retry, race, and watch it hold', icon: IconFlask },
    { to: '/users', title: 'Users', does: 'People, their wallets and PINs', icon: IconUsers, forOperators: true },
    { to: '/assets', title: 'Assets', does: 'What is counted', icon: IconCoins, forOperators: true },
    { to: '/limits', title: 'Limits', does: 'Credit limits and request limits', icon: IconGauge, forOperators: true },
    { to: '/audit-log', title: 'Audit log', does: 'Who did what', icon: IconHistory, forOperators: true },
    { to: '/api-keys', title: 'API keys', does: 'Sign-ins of services', icon: IconKey, forOperators: true },
    { to: '/settings', title: 'Settings', does: 'Your PIN and this device', icon: IconSettings },
];
