/** The integrity light: what the last audit found, and a new one on demand. */
import { Button, Group, List, Stack, Text, ThemeIcon } from '@mantine/core';
import { IconQuestionMark, IconShieldCheck, IconShieldX } from '@tabler/icons-react';
import { queryOptions, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { api, done } from '../../api/client';
import { codeOf } from '../../api/problem';
import type { AuditReport } from '../../api/types';
import { Moment } from '../../components/Moment';
import { Panel } from '../../components/Panel';
import { Failure, Loading } from '../../components/states';

const count = new Intl.NumberFormat('en');

const lastAuditQuery = queryOptions({
    queryKey: ['last-audit'],
    queryFn: async () => {
        try {
            return await done(api.GET('/v1/ledger/audit'));
        } catch (error) {
            if (codeOf(error) === 'audit_not_found') return null;
            throw error;
        }
    },
});

export function Integrity() {
    const queries = useQueryClient();
    const last = useQuery(lastAuditQuery);
    const audit = useMutation({
        mutationFn: () => done(api.POST('/v1/ledger/audit')),
        onSettled: () => queries.invalidateQueries({ queryKey: lastAuditQuery.queryKey }),
    });
    return (
        <Panel
            title="Integrity"
            aside={
                <Button size="xs" variant="default" loading={audit.isPending} onClick={() => audit.mutate()}>
                    Audit now
                </Button>
            }
        >
            {audit.isError && <Failure error={audit.error} />}
            {last.isPending ? (
                <Loading lines={2} />
            ) : last.isError ? (
                <Failure error={last.error} />
            ) : (
                <Light last={last.data} />
            )}
        </Panel>
    );
}

function Light({ last }: { last: { as_of: string; report: AuditReport } | null }) {
    if (!last) {
        return (
            <Group wrap="nowrap">
                <ThemeIcon color="gray" variant="light" size={48} radius="xl">
                    <IconQuestionMark />
                </ThemeIcon>
                <Text size="sm">
                    This server has made no audit since it was started. An audit derives every balance from the entries
                    again.
                </Text>
            </Group>
        );
    }
    const { report } = last;
    return (
        <Group wrap="nowrap" align="flex-start">
            <ThemeIcon color={report.is_ok ? 'florin' : 'red'} variant="light" size={48} radius="xl">
                {report.is_ok ? <IconShieldCheck /> : <IconShieldX />}
            </ThemeIcon>
            <Stack gap={2}>
                <Text fw={600}>
                    {report.is_ok ? 'Every balance follows from its entries' : `${report.faults.length} faults`}
                </Text>
                <Text size="sm" c="dimmed">
                    {count.format(report.wallets)} wallets, {count.format(report.transactions)} transactions,{' '}
                    {count.format(report.entries)} entries · <Moment at={last.as_of} size="sm" />
                </Text>
                <List size="sm">
                    {report.faults.slice(0, 10).map((fault) => (
                        <List.Item key={fault}>{fault}</List.Item>
                    ))}
                </List>
            </Stack>
        </Group>
    );
}
