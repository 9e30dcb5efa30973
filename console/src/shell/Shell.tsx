/** The frame around every screen: where one is, where one can go, and who one is. */
import {
    ActionIcon,
    AppShell,
    Box,
    Burger,
    Button,
    Group,
    Kbd,
    Menu,
    NavLink,
    ScrollArea,
    Text,
    useComputedColorScheme,
    useMantineColorScheme,
} from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { spotlight } from '@mantine/spotlight';
import { IconLogout, IconMoon, IconSearch, IconSun, IconUser } from '@tabler/icons-react';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, Outlet, useNavigate, useRouterState } from '@tanstack/react-router';
import { useEffect } from 'react';
import { isSignedIn, onSessionChange, signOut } from '../auth/session';
import { Failure, Loading } from '../components/states';
import { meQuery } from '../queries';
import { Palette } from './Palette';
import { PLACES } from './places';

export function Shell() {
    const [isOpen, menu] = useDisclosure();
    const me = useQuery(meQuery);
    useLeaveWhenSignedOut();
    const path = useRouterState({ select: (state) => state.location.pathname });
    const isOperator = me.data?.role === 'operator';
    const places = PLACES.filter((place) => isOperator || !place.forOperators);
    return (
        <AppShell
            header={{ height: 56 }}
            navbar={{ width: 220, breakpoint: 'md', collapsed: { mobile: !isOpen } }}
            padding={{ base: 'sm', sm: 'lg' }}
        >
            <AppShell.Header>
                <Group h="100%" px="md" justify="space-between" wrap="nowrap">
                    <Group gap="sm" wrap="nowrap">
                        <Burger
                            opened={isOpen}
                            onClick={menu.toggle}
                            hiddenFrom="md"
                            size="sm"
                            aria-label="Navigation"
                        />
                        <Link to="/" className="quiet-link" aria-label="Florin, to the overview">
                            <Group gap={8} wrap="nowrap">
                                <img src="/favicon.svg" width={28} height={28} alt="" />
                                <Text fw={700} size="lg" visibleFrom="xs">
                                    Florin
                                </Text>
                            </Group>
                        </Link>
                    </Group>
                    <Group gap="xs" wrap="nowrap">
                        <Button
                            variant="default"
                            size="xs"
                            leftSection={<IconSearch size={16} />}
                            rightSection={<Kbd size="xs">Ctrl K</Kbd>}
                            onClick={spotlight.open}
                            visibleFrom="sm"
                        >
                            Go to
                        </Button>
                        <ActionIcon
                            variant="default"
                            size="lg"
                            onClick={spotlight.open}
                            hiddenFrom="sm"
                            aria-label="Go to"
                        >
                            <IconSearch size={18} />
                        </ActionIcon>
                        <ColorSchemeButton />
                        <Account name={me.data?.username ?? ''} role={me.data?.role} />
                    </Group>
                </Group>
            </AppShell.Header>
            <AppShell.Navbar p="xs" aria-label="Main">
                <ScrollArea>
                    {places.map((place) => (
                        <NavLink
                            key={place.to}
                            component={Link}
                            to={place.to}
                            label={place.title}
                            leftSection={<place.icon size={18} stroke={1.6} />}
                            active={place.to === '/' ? path === '/' : path.startsWith(place.to)}
                            onClick={menu.close}
                            variant="light"
                        />
                    ))}
                </ScrollArea>
            </AppShell.Navbar>
            <AppShell.Main>
                <Box maw={1200} mx="auto">
                    {me.isPending ? (
                        <Loading />
                    ) : me.isError ? (
                        <Failure error={me.error} retry={() => void me.refetch()} />
                    ) : (
                        <Outlet />
                    )}
                </Box>
            </AppShell.Main>
            <Palette places={places} />
        </AppShell>
    );
}

/** A sign-in that ends takes one to the sign-in page, and from there back to where one was. */
function useLeaveWhenSignedOut() {
    const navigate = useNavigate();
    const queries = useQueryClient();
    useEffect(
        () =>
            onSessionChange(() => {
                if (isSignedIn()) return;
                queries.clear();
                const { pathname, search } = window.location;
                void navigate({ to: '/sign-in', search: pathname === '/' ? {} : { to: pathname + search } });
            }),
        [navigate, queries],
    );
}

function ColorSchemeButton() {
    const { setColorScheme } = useMantineColorScheme();
    const isDark = useComputedColorScheme('light') === 'dark';
    return (
        <ActionIcon
            variant="default"
            size="lg"
            onClick={() => setColorScheme(isDark ? 'light' : 'dark')}
            aria-label={isDark ? 'Light colours' : 'Dark colours'}
        >
            {isDark ? <IconSun size={18} /> : <IconMoon size={18} />}
        </ActionIcon>
    );
}

function Account({ name, role }: { name: string; role?: string | undefined }) {
    return (
        <Menu position="bottom-end" width={200}>
            <Menu.Target>
                <Button variant="default" size="sm" leftSection={<IconUser size={16} />} px="sm">
                    {name}
                </Button>
            </Menu.Target>
            <Menu.Dropdown>
                <Menu.Label>{role === 'operator' ? 'Operator' : 'Signed in'}</Menu.Label>
                <Menu.Item component={Link} to="/settings">
                    Settings
                </Menu.Item>
                <Menu.Item leftSection={<IconLogout size={16} />} onClick={() => void signOut()}>
                    Sign out
                </Menu.Item>
            </Menu.Dropdown>
        </Menu>
    );
}
