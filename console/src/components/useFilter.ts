/** What a list is narrowed to: each part of it is there, or not at all. */
import { useState } from 'react';

export function useFilter<Filter extends object>(): [Filter, (name: keyof Filter) => (value: string | null) => void] {
    const [filter, setFilter] = useState<Filter>({} as Filter);
    const only = (name: keyof Filter) => (value: string | null) =>
        setFilter(({ [name]: _, ...others }) => (value ? { ...others, [name]: value } : others) as Filter);
    return [filter, only];
}
