/** The demos: the same requests on Florin and, where it is beside it, on a fragile wallet. */
import { Alert, Button, Group, NumberInput, Paper, SimpleGrid, Stack, Text, Title } from '@mantine/core';
import { IconShieldCheck, IconShieldX } from '@tabler/icons-react';
import { useInfiniteQuery, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api, done } from '../../api/client';
import { sayError } from '../../api/problem';
import { Page } from '../../components/Page';
import { Panel } from '../../components/Panel';
import { PinPad } from '../../components/PinPad';
import { Empty, Loading } from '../../components/states';
import { toMinor } from '../../money/decimal';
import { assetsQuery, configQuery, meQuery, walletsQuery } from '../../queries';
import { DEMOS, RACERS, type Demo, type Result } from './demos';
import { florinBank, type Setting } from './florin';
import type { Bank, Shot } from './requests';
import { specimenBank } from './specimen';
import { Timeline } from './Timeline';

export function Lab() {
    const config = useQuery(configQuery);
    const me = useQuery(meQuery);
    const assets = useQuery(assetsQuery);
    const wallets = useInfiniteQuery({
        ...walletsQuery({ user_id: me.data?.id ?? 0, status: 'active' }),
        enabled: me.data !== undefined,
    });
    const [pin, setPin] = useState<string>();
    const [isAsking, setAsking] = useState(false);
    const [fault, setFault] = useState<string>();
    if (wallets.isPending || assets.isPending || config.isPending) return <Loading />;

    const own = wallets.data?.pages.flatMap((page) => page.data) ?? [];
    const scaleOf = (code: string) => assets.data?.find((asset) => asset.code === code)?.scale ?? 2;
    const source = own.find(
        (wallet) =>
            (toMinor(wallet.available, scaleOf(wallet.asset)) ?? 0n) >= (toMinor('100', scaleOf(wallet.asset)) ?? 0n),
    );
    const setting: Setting | undefined =
        source && me.data && pin
            ? { userId: me.data.id, asset: source.asset, scale: scaleOf(source.asset), source: source.id, pin }
            : undefined;

    /** The PIN is right if it approves something; a wrong one is said before a demo uses it twelve times. */
    async function check(entered: string) {
        if (!source) return;
        try {
            const operation = { type: 'withdrawal' as const, wallet_id: source.id, amount: '1' };
            await done(api.POST('/v1/auth/step-up', { body: { pin: entered, operation } }));
            setPin(entered);
            setAsking(false);
        } catch (error) {
            setFault(sayError(error));
        }
    }

    return (
        <Page title="Lab" subtitle="The same requests, on Florin and on a wallet as it is usually first written.">
            {!source ? (
                <Empty title="A demo needs 100 of something">
                    It moves 100 units between new wallets of your own. Sign in as somebody who has that much.
                </Empty>
            ) : (
                !pin && (
                    <Alert color="florin" title="The demos move your own money, between new wallets of your own">
                        <Stack gap="xs" align="flex-start">
                            <Text size="sm">
                                100 {source.asset} of wallet {source.id} for each run. Each send needs your PIN: enter
                                it once, and it is kept while this page is open.
                            </Text>
                            <Button onClick={() => setAsking(true)}>Enter the PIN</Button>
                        </Stack>
                    </Alert>
                )
            )}
            {isAsking && (
                <PinPad
                    title="Your PIN"
                    approves="Demos between wallets of your own."
                    {...(fault ? { fault } : {})}
                    onEnter={check}
                    onCancel={() => setAsking(false)}
                />
            )}
            {DEMOS.map((demo) => (
                <DemoPanel key={demo.id} demo={demo} setting={setting} hasSpecimen={config.data?.lab === true} />
            ))}
            {config.data?.lab !== true && (
                <Text size="sm" c="dimmed">
                    Started with <code>--lab</code>, the server has the fragile wallet beside it, and the demos run on
                    both.
                </Text>
            )}
        </Page>
    );
}

interface Run {
    shots: Shot[];
    result?: Result;
    fault?: string;
}

function DemoPanel({ demo, setting, hasSpecimen }: { demo: Demo; setting: Setting | undefined; hasSpecimen: boolean }) {
    const queries = useQueryClient();
    const [runs, setRuns] = useState<Partial<Record<Bank['target'], Run>>>({});
    const [isRunning, setRunning] = useState(false);
    const [racers, setRacers] = useState<number | string>(RACERS.usual);

    async function runOn(bank: Bank) {
        const change = (change: (run: Run) => Run) =>
            setRuns((before) => ({ ...before, [bank.target]: change(before[bank.target] ?? { shots: [] }) }));
        change(() => ({ shots: [] }));
        try {
            const onShot = (shot: Shot) => change((run) => ({ ...run, shots: [...run.shots, shot] }));
            const result = await demo.run(bank, onShot, Number(racers) || RACERS.usual);
            change(() => ({ shots: result.shots, result }));
        } catch (error) {
            change((run) => ({ ...run, fault: sayError(error) }));
        }
    }

    async function run() {
        setRunning(true);
        setRuns({});
        // One after the other: a browser has six connections for both.
        if (setting) await runOn(florinBank(setting));
        if (hasSpecimen) await runOn(specimenBank());
        setRunning(false);
        await queries.invalidateQueries({ queryKey: ['wallets'] });
    }

    return (
        <Panel
            title={demo.title}
            aside={
                <Group gap="xs">
                    {demo.isRace && (
                        <NumberInput
                            aria-label="How many"
                            size="xs"
                            w={76}
                            min={RACERS.least}
                            max={RACERS.most}
                            clampBehavior="strict"
                            allowDecimal={false}
                            value={racers}
                            onChange={setRacers}
                        />
                    )}
                    <Button onClick={() => void run()} loading={isRunning} disabled={!setting}>
                        Run
                    </Button>
                </Group>
            }
        >
            <Text size="sm">{demo.does}</Text>
            <Text size="sm" c="dimmed">
                Must be: {demo.must}
            </Text>
            <SimpleGrid cols={{ base: 1, md: hasSpecimen ? 2 : 1 }} mt="md">
                {runs.florin && <RunView name="Florin" run={runs.florin} />}
                {runs.specimen && <RunView name="The fragile wallet" run={runs.specimen} />}
            </SimpleGrid>
        </Panel>
    );
}

function RunView({ name, run }: { name: string; run: Run }) {
    const { result } = run;
    return (
        <Paper withBorder p="sm" component="article" aria-label={name}>
            <Group justify="space-between" mb="xs">
                <Title order={3} size="h5">
                    {name}
                </Title>
                {result && (
                    <Group gap={4} c={result.holds ? 'var(--florin-credit)' : 'var(--florin-debit)'}>
                        {result.holds ? (
                            <IconShieldCheck size={18} aria-hidden />
                        ) : (
                            <IconShieldX size={18} aria-hidden />
                        )}
                        <Text fw={600} size="sm">
                            {result.holds ? 'held' : 'broke'}
                        </Text>
                    </Group>
                )}
            </Group>
            <Timeline shots={run.shots} {...(result?.samples ? { samples: result.samples, total: 100 } : {})} />
            <Text size="sm" mt="xs" role="status">
                {run.fault ?? result?.verdict ?? 'Under way…'}
            </Text>
        </Paper>
    );
}
