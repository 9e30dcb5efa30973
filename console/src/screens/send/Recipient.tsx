/** Whose wallet that is. */
import { Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { recipientQuery } from './recipients';

export function Recipient({ walletId }: { walletId: number }) {
    const recipient = useQuery(recipientQuery({ wallet_id: walletId }));
    return (
        <Text component="span">
            {recipient.data ? `${recipient.data.username} · ` : ''}wallet {walletId}
        </Text>
    );
}
