import '@mantine/core/styles.css';
import '@mantine/spotlight/styles.css';
import './app.css';
import { MantineProvider } from '@mantine/core';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { NoAnswer } from './api/problem';
import { refreshSession } from './auth/session';
import { makeRouter } from './router';
import { theme, variables } from './theme';

const queryClient = new QueryClient({
    defaultOptions: {
        queries: {
            staleTime: 5_000,
            // A refusal is an answer; only silence is asked again.
            retry: (count, error) => error instanceof NoAnswer && count < 2,
        },
    },
});
const router = makeRouter(queryClient);

const nonce = document.querySelector<HTMLMetaElement>('meta[name="csp-nonce"]')?.content ?? '';
// Where a dialog's style elements get theirs from: react-remove-scroll looks for this name.
Object.assign(globalThis, { __webpack_nonce__: nonce });

const root = document.getElementById('root');
if (!root) throw new Error('The page has no place for the console.');

// Who was signed in before the page was loaded still is.
void refreshSession()
    .catch(() => undefined)
    .then(() =>
        createRoot(root).render(
            <StrictMode>
                <MantineProvider
                    theme={theme}
                    cssVariablesResolver={variables}
                    defaultColorScheme="auto"
                    getStyleNonce={() => nonce}
                >
                    <QueryClientProvider client={queryClient}>
                        <RouterProvider router={router} />
                    </QueryClientProvider>
                </MantineProvider>
            </StrictMode>,
        ),
    );
