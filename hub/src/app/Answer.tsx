import type { ReactNode } from "react";

import { Problem, Skeleton } from "../design";

/** What `useQuery` and `useInfiniteQuery` give, as far as it is needed here. */
interface Asked<T> {
  readonly data: T | undefined;
  readonly error: Error | null;
  readonly refetch: () => unknown;
}

interface Props<T> {
  readonly query: Asked<T>;
  /** In place of lines of text. */
  readonly skeleton?: ReactNode;
  readonly children: (data: T) => ReactNode;
}

/** An answer of the server where it is there; until then its skeleton, or why it does not come. */
export function Answer<T>({ query, skeleton, children }: Props<T>) {
  if (query.data !== undefined) return children(query.data);
  if (query.error) return <Problem error={query.error} retry={() => query.refetch()} />;
  return skeleton ?? <Skeleton />;
}
