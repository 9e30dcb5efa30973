/** An amount in figures that line up, with its asset; whoever reads aloud hears the sign as a word. */
import { Text, type TextProps, VisuallyHidden } from '@mantine/core';
import { group } from '../money/decimal';

interface AmountProps extends TextProps {
    value: string;
    asset?: string;
    /** Shown with its sign and colour: what came in, and what went out. */
    direction?: 'DEBIT' | 'CREDIT';
}

export function Amount({ value, asset, direction, ...text }: AmountProps) {
    const sign = direction === 'CREDIT' ? '+' : direction === 'DEBIT' ? '\u2212' : '';
    const tone = direction === 'CREDIT' ? 'credit' : direction === 'DEBIT' ? 'debit' : '';
    return (
        <Text component="span" className={`amount ${tone}`} {...text}>
            {direction && <VisuallyHidden>{direction === 'CREDIT' ? 'in ' : 'out '}</VisuallyHidden>}
            {sign}
            {group(value)}
            {asset && (
                <Text component="span" c="dimmed" size="0.8em" ml={4}>
                    {asset}
                </Text>
            )}
        </Text>
    );
}
