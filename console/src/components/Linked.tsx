/** Links inside the console, that look like the component library's. */
import { Anchor, Button, type AnchorProps, type ButtonProps } from '@mantine/core';
import { createLink } from '@tanstack/react-router';
import type { ReactNode, Ref } from 'react';

interface LinkProps {
    ref?: Ref<HTMLAnchorElement>;
    children?: ReactNode;
}

export const LinkedAnchor = createLink((props: Omit<AnchorProps, 'href'> & LinkProps) => <Anchor {...props} />);
export const LinkedButton = createLink((props: Omit<ButtonProps, 'href'> & LinkProps) => (
    <Button component="a" {...props} />
));
