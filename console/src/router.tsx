/** Every address of the console, in one list. Screens are fetched when they are first gone to. */
import type { QueryClient } from '@tanstack/react-query';
import {
    createRootRouteWithContext,
    createRoute,
    createRouter,
    lazyRouteComponent,
    redirect,
} from '@tanstack/react-router';
import { isSignedIn } from './auth/session';
import { Loading } from './components/states';
import { Crash, Missing } from './shell/Crash';
import { Shell } from './shell/Shell';

interface Context {
    queryClient: QueryClient;
}

const root = createRootRouteWithContext<Context>()({ notFoundComponent: Missing, errorComponent: Crash });

interface Return {
    /** Where to go back to. */
    to?: string;
}

const returnTo = (search: Record<string, unknown>): Return =>
    typeof search.to === 'string' && search.to.startsWith('/') && !search.to.startsWith('//') ? { to: search.to } : {};

const signIn = createRoute({
    getParentRoute: () => root,
    path: '/sign-in',
    validateSearch: returnTo,
    component: lazyRouteComponent(() => import('./screens/sign-in/SignIn'), 'SignIn'),
});

const signUp = createRoute({
    getParentRoute: () => root,
    path: '/sign-up',
    validateSearch: returnTo,
    component: lazyRouteComponent(() => import('./screens/sign-in/SignUp'), 'SignUp'),
});

/** Whatever takes a sign-in. */
const inside = createRoute({
    getParentRoute: () => root,
    id: 'inside',
    component: Shell,
    beforeLoad: ({ location }) => {
        if (!isSignedIn())
            throw redirect({ to: '/sign-in', search: location.href === '/' ? {} : { to: location.href } });
    },
});

const number = (text: string) => {
    const id = Number(text);
    if (!Number.isSafeInteger(id) || id < 1) throw new Error('That is no id.');
    return id;
};
const byNumber = {
    parse: (raw: { id: string }) => ({ id: number(raw.id) }),
    stringify: ({ id }: { id: number }) => ({ id: String(id) }),
};
const optionalNumber = (value: unknown) =>
    Number.isSafeInteger(Number(value)) && Number(value) > 0 ? Number(value) : undefined;
const optionalText = (value: unknown) => (typeof value === 'string' && value !== '' ? value : undefined);

const overview = createRoute({
    getParentRoute: () => inside,
    path: '/',
    component: lazyRouteComponent(() => import('./screens/overview/Overview'), 'Overview'),
});
const wallets = createRoute({
    getParentRoute: () => inside,
    path: '/wallets',
    component: lazyRouteComponent(() => import('./screens/wallets/Wallets'), 'Wallets'),
});
const wallet = createRoute({
    getParentRoute: () => inside,
    path: '/wallets/$id',
    params: byNumber,
    component: lazyRouteComponent(() => import('./screens/wallets/WalletScreen'), 'WalletScreen'),
});
const transactions = createRoute({
    getParentRoute: () => inside,
    path: '/transactions',
    component: lazyRouteComponent(() => import('./screens/transactions/Transactions'), 'Transactions'),
});
const transaction = createRoute({
    getParentRoute: () => inside,
    path: '/transactions/$id',
    component: lazyRouteComponent(() => import('./screens/transactions/TransactionScreen'), 'TransactionScreen'),
});
const send = createRoute({
    getParentRoute: () => inside,
    path: '/send',
    validateSearch: (search): { from?: number | undefined; to?: string | undefined } => ({
        from: optionalNumber(search.from),
        to: optionalText(search.to),
    }),
    component: lazyRouteComponent(() => import('./screens/send/Send'), 'Send'),
});
const move = createRoute({
    getParentRoute: () => inside,
    path: '/move',
    validateSearch: (
        search,
    ): { type?: string | undefined; wallet?: number | undefined; user?: number | undefined } => ({
        type: optionalText(search.type),
        wallet: optionalNumber(search.wallet),
        user: optionalNumber(search.user),
    }),
    component: lazyRouteComponent(() => import('./screens/move/Move'), 'Move'),
});
const payouts = createRoute({
    getParentRoute: () => inside,
    path: '/payouts',
    component: lazyRouteComponent(() => import('./screens/payouts/Payouts'), 'Payouts'),
});
const newPayout = createRoute({
    getParentRoute: () => inside,
    path: '/payouts/new',
    component: lazyRouteComponent(() => import('./screens/payouts/NewPayout'), 'NewPayout'),
});
const payout = createRoute({
    getParentRoute: () => inside,
    path: '/payouts/$id',
    params: byNumber,
    component: lazyRouteComponent(() => import('./screens/payouts/PayoutScreen'), 'PayoutScreen'),
});
const lab = createRoute({
    getParentRoute: () => inside,
    path: '/lab',
    component: lazyRouteComponent(() => import('./screens/lab/Lab'), 'Lab'),
});
const settings = createRoute({
    getParentRoute: () => inside,
    path: '/settings',
    component: lazyRouteComponent(() => import('./screens/settings/Settings'), 'Settings'),
});
const users = createRoute({
    getParentRoute: () => inside,
    path: '/users',
    component: lazyRouteComponent(() => import('./screens/operators/Users'), 'Users'),
});
const user = createRoute({
    getParentRoute: () => inside,
    path: '/users/$id',
    params: byNumber,
    component: lazyRouteComponent(() => import('./screens/operators/UserScreen'), 'UserScreen'),
});
const assets = createRoute({
    getParentRoute: () => inside,
    path: '/assets',
    component: lazyRouteComponent(() => import('./screens/operators/Assets'), 'Assets'),
});
const auditLog = createRoute({
    getParentRoute: () => inside,
    path: '/audit-log',
    component: lazyRouteComponent(() => import('./screens/operators/AuditLog'), 'AuditLog'),
});
const apiKeys = createRoute({
    getParentRoute: () => inside,
    path: '/api-keys',
    component: lazyRouteComponent(() => import('./screens/operators/ApiKeys'), 'ApiKeys'),
});
const limits = createRoute({
    getParentRoute: () => inside,
    path: '/limits',
    component: lazyRouteComponent(() => import('./screens/operators/Limits'), 'Limits'),
});

const tree = root.addChildren([
    signIn,
    signUp,
    inside.addChildren([
        overview,
        wallets,
        wallet,
        transactions,
        transaction,
        send,
        move,
        payouts,
        newPayout,
        payout,
        lab,
        settings,
        users,
        user,
        assets,
        auditLog,
        apiKeys,
        limits,
    ]),
]);

export function makeRouter(queryClient: QueryClient) {
    return createRouter({
        routeTree: tree,
        context: { queryClient },
        defaultPendingComponent: Loading,
        scrollRestoration: true,
    });
}

declare module '@tanstack/react-router' {
    interface Register {
        router: ReturnType<typeof makeRouter>;
    }
}
