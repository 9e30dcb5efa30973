/** Who did what, from where, with what outcome: a log that is only ever added to. */
import { Code, Group, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { infiniteQueryOptions, useInfiniteQuery } from '@tanstack/react-query';
import { api, done } from '../../api/client';
import type { AuditRecord } from '../../api/types';
import { Moment } from '../../components/Moment';
import { Page } from '../../components/Page';
import { PagedTable, type Column } from '../../components/PagedTable';
import { Panel } from '../../components/Panel';
import { StatusBadge } from '../../components/StatusBadge';
import { useFilter } from '../../components/useFilter';

interface Filter {
    actor?: string;
    action?: string;
    subject?: string;
}

const auditLogQuery = (filter: Filter) =>
    infiniteQueryOptions({
        queryKey: ['audit-log', filter],
        queryFn: ({ pageParam: cursor }) =>
            done(
                api.GET('/v1/audit-log', {
                    params: { query: { ...filter, limit: 50, ...(cursor ? { cursor } : {}) } },
                }),
            ),
        initialPageParam: undefined as string | undefined,
        getNextPageParam: (page) => page.next_cursor ?? undefined,
    });

const columns: Column<AuditRecord>[] = [
    { title: 'No.', isFigure: true, isSecondary: true, cell: (line) => <span className="figures">{line.id}</span> },
    { title: 'When', cell: (line) => <Moment at={line.at} size="sm" /> },
    { title: 'Who', cell: (line) => line.actor },
    { title: 'Did', cell: (line) => line.action },
    { title: 'To', cell: (line) => line.subject ?? '' },
    { title: 'Outcome', isSecondary: true, cell: (line) => <StatusBadge status={line.outcome} /> },
    { title: 'From', isSecondary: true, cell: (line) => line.address ?? '' },
    {
        title: 'Details',
        isSecondary: true,
        cell: (line) => (Object.keys(line.details).length > 0 ? <Code>{JSON.stringify(line.details)}</Code> : ''),
    },
];

export function AuditLog() {
    const [typed, only] = useFilter<Filter>();
    const [filter] = useDebouncedValue(typed, 300);
    const lines = useInfiniteQuery(auditLogQuery(filter));
    const field = (name: keyof Filter, placeholder: string) => (
        <TextInput
            size="xs"
            w={140}
            aria-label={name}
            placeholder={placeholder}
            value={typed[name] ?? ''}
            onChange={(event) => only(name)(event.currentTarget.value.trim())}
        />
    );
    return (
        <Page title="Audit log">
            <Panel
                title="Newest first"
                aside={
                    <Group gap="xs">
                        {field('actor', 'user:2')}
                        {field('action', 'wallet.frozen')}
                        {field('subject', 'wallet:9')}
                    </Group>
                }
            >
                <PagedTable
                    label="Audit log"
                    query={lines}
                    columns={columns}
                    rowKey={(line) => line.id}
                    empty="No such lines"
                />
            </Panel>
        </Page>
    );
}
