/** The command palette, at Ctrl K: every place, and wallets, transactions and payouts by their ids. */
import { Spotlight, type SpotlightActionData } from '@mantine/spotlight';
import { IconFileSpreadsheet, IconReceipt, IconSearch, IconWallet } from '@tabler/icons-react';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import type { Place } from './places';

const TRANSACTION = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/;

export function Palette({ places }: { places: Place[] }) {
    const navigate = useNavigate();
    const [query, setQuery] = useState('');
    const go = (to: string) => () => void navigate({ to });
    const actions: SpotlightActionData[] = [
        ...byId(query.trim(), go),
        ...places.map((place) => ({
            id: place.to,
            label: place.title,
            description: place.does,
            leftSection: <place.icon size={20} stroke={1.6} />,
            onClick: go(place.to),
        })),
    ];
    return (
        <Spotlight
            actions={actions}
            query={query}
            onQueryChange={setQuery}
            shortcut="mod + K"
            nothingFound="Nothing by that name"
            highlightQuery
            searchProps={{
                leftSection: <IconSearch size={18} />,
                placeholder: 'Go to a page, or a wallet by its number',
            }}
        />
    );
}

function byId(query: string, go: (to: string) => () => void): SpotlightActionData[] {
    if (TRANSACTION.test(query)) {
        return [
            {
                id: query,
                label: `Transaction ${query}`,
                leftSection: <IconReceipt size={20} />,
                onClick: go(`/transactions/${query}`),
            },
        ];
    }
    if (!/^[1-9]\d{0,15}$/.test(query)) return [];
    return [
        {
            id: `wallet-${query}`,
            label: `Wallet ${query}`,
            leftSection: <IconWallet size={20} />,
            onClick: go(`/wallets/${query}`),
        },
        {
            id: `payout-${query}`,
            label: `Payout ${query}`,
            leftSection: <IconFileSpreadsheet size={20} />,
            onClick: go(`/payouts/${query}`),
        },
    ];
}
