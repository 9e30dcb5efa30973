/** A button for what needs the PIN: it opens the pad, and says what came of it. */
import { Button, Stack } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { sayError } from '../../api/problem';
import { PinPad } from '../../components/PinPad';
import { perform, type Extras, type PayoutOperation } from './actions';

interface WithPinProps extends Extras {
    label: string;
    approves: string;
    operation: PayoutOperation;
    isDisabled?: boolean;
    variant?: 'filled' | 'default';
    onDone?: () => void;
}

export function WithPin({
    label,
    approves,
    operation,
    isDisabled = false,
    variant = 'filled',
    onDone,
    allowDuplicate = false,
}: WithPinProps) {
    const queries = useQueryClient();
    const [isOpen, setOpen] = useState(false);
    const [fault, setFault] = useState<string>();

    async function enter(pin: string) {
        setFault(undefined);
        try {
            await perform(operation, pin, { allowDuplicate });
            setOpen(false);
            onDone?.();
        } catch (error) {
            setFault(sayError(error));
        }
        await queries.invalidateQueries({ queryKey: ['payout', operation.payout_id] });
    }

    return (
        <Stack gap="xs">
            <Button variant={variant} disabled={isDisabled} onClick={() => setOpen(true)}>
                {label}
            </Button>
            {isOpen && (
                <PinPad
                    title="Your PIN"
                    approves={approves}
                    {...(fault ? { fault } : {})}
                    onEnter={enter}
                    onCancel={() => {
                        setOpen(false);
                        setFault(undefined);
                    }}
                />
            )}
        </Stack>
    );
}
