/** The two routes that all pages hang on: the root, and the shell that is only for who is signed in. */
import type { QueryClient } from "@tanstack/react-query";
import { createRootRouteWithContext, createRoute, Outlet, redirect } from "@tanstack/react-router";

import { session } from "../api/queries";
import { Fault } from "./Fault";
import { Missing } from "./Missing";
import { Shell } from "./Shell";

interface Context {
  readonly queries: QueryClient;
}

export const root = createRootRouteWithContext<Context>()({
  component: Outlet,
  notFoundComponent: Missing,
  errorComponent: Fault,
});

/** Where to go on; what is asked on the page Ask stands in the fragment. */
function nextOf({
  pathname,
  searchStr,
  hash,
}: {
  readonly pathname: string;
  readonly searchStr: string;
  readonly hash: string;
}): string {
  return `${pathname}${searchStr}${hash === "" ? "" : `#${hash}`}`;
}

export const shell = createRoute({
  getParentRoute: () => root,
  id: "shell",
  beforeLoad: async ({ context, location }) => {
    const found = await context.queries.ensureQueryData(session);
    if (found === null) {
      throw redirect({ to: "/sign-in", search: { next: nextOf(location) }, replace: true });
    }
    return { session: found };
  },
  component: Shell,
  notFoundComponent: Missing,
  errorComponent: Fault,
});
