/** A list that comes page by page: newest first, more on demand, with its empty, loading and error states. */
import { Button, Center, Stack, Table } from '@mantine/core';
import type { UseInfiniteQueryResult, InfiniteData } from '@tanstack/react-query';
import type { Key, ReactNode } from 'react';
import { Empty, Failure, Loading } from './states';

export interface Column<Row> {
    title: string;
    /** Figures stand to the right. */
    isFigure?: boolean;
    /** Left out on narrow screens. */
    isSecondary?: boolean;
    cell: (row: Row) => ReactNode;
}

interface PagedTableProps<Row> {
    label: string;
    query: UseInfiniteQueryResult<InfiniteData<{ data: Row[] }>>;
    columns: Column<Row>[];
    rowKey: (row: Row) => Key;
    empty: ReactNode;
}

export function PagedTable<Row>({ label, query, columns, rowKey, empty }: PagedTableProps<Row>) {
    if (query.isPending) return <Loading />;
    if (query.isError && !query.data) return <Failure error={query.error} retry={() => void query.refetch()} />;
    const rows = query.data?.pages.flatMap((page) => page.data) ?? [];
    if (rows.length === 0) return typeof empty === 'string' ? <Empty title={empty} /> : empty;
    return (
        <Stack gap="sm">
            <SimpleTable label={label} rows={rows} columns={columns} rowKey={rowKey} />
            {query.hasNextPage && (
                <Center>
                    <Button
                        variant="default"
                        loading={query.isFetchingNextPage}
                        onClick={() => void query.fetchNextPage()}
                    >
                        Show more
                    </Button>
                </Center>
            )}
        </Stack>
    );
}

type SimpleTableProps<Row> = Pick<PagedTableProps<Row>, 'label' | 'columns' | 'rowKey'> & { rows: Row[] };

export function SimpleTable<Row>({ label, rows, columns, rowKey }: SimpleTableProps<Row>) {
    const look = (column: Column<Row>) => ({
        ta: column.isFigure ? ('right' as const) : ('left' as const),
        ...(column.isSecondary ? { visibleFrom: 'sm' as const } : {}),
    });
    return (
        <Table.ScrollContainer minWidth={0} scrollAreaProps={{ viewportProps: { tabIndex: 0, 'aria-label': label } }}>
            <Table verticalSpacing="xs" aria-label={label} highlightOnHover>
                <Table.Thead>
                    <Table.Tr>
                        {columns.map((column) => (
                            <Table.Th key={column.title} {...look(column)}>
                                {column.title}
                            </Table.Th>
                        ))}
                    </Table.Tr>
                </Table.Thead>
                <Table.Tbody>
                    {rows.map((row) => (
                        <Table.Tr key={rowKey(row)}>
                            {columns.map((column) => (
                                <Table.Td key={column.title} {...look(column)}>
                                    {column.cell(row)}
                                </Table.Td>
                            ))}
                        </Table.Tr>
                    ))}
                </Table.Tbody>
            </Table>
        </Table.ScrollContainer>
    );
}
