/** Design tokens: colours, shapes and type, in one place. Everything else is built from them. */
import { createTheme, type CSSVariablesResolver, type MantineColorsTuple } from '@mantine/core';

const florin: MantineColorsTuple = [
    '#e9f7f4',
    '#d3ece6',
    '#a5d8cc',
    '#74c3b1',
    '#4cb19a',
    '#33a68c',
    '#219a80',
    '#10836b',
    '#04705b',
    '#005c4a',
];

export const theme = createTheme({
    primaryColor: 'florin',
    primaryShade: 8,
    colors: { florin },
    defaultRadius: 'md',
    fontFamily: 'Inter, system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif',
    fontFamilyMonospace: 'ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace',
    headings: { fontWeight: '600' },
    cursorType: 'pointer',
});

/** Dimmed text that still has the contrast that WCAG AA asks for, on both backgrounds. */
export const variables: CSSVariablesResolver = () => ({
    variables: {},
    light: {
        '--mantine-color-dimmed': '#5b6670',
        '--florin-credit': '#04705b',
        '--florin-debit': '#9a3412',
        '--mantine-color-error': '#b42318',
    },
    dark: {
        '--mantine-color-dimmed': '#a6adb4',
        '--florin-credit': '#4cc9ab',
        '--florin-debit': '#f0a27a',
        '--mantine-color-error': '#ff9b93',
    },
});
