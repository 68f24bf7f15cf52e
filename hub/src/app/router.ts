/** Every page, and the router over them. A page that is not in this list does not exist. */
import { hashKey, MutationCache, QueryCache, QueryClient } from "@tanstack/react-query";
import { createRouter } from "@tanstack/react-router";

import { ApiError } from "../api/error";
import { session } from "../api/queries";
import { accessRoutes } from "../pages/access/route";
import { administerRoutes } from "../pages/administer/route";
import { askRoute } from "../pages/ask/route";
import { estateRoute } from "../pages/estate/route";
import { findRoute } from "../pages/find/route";
import { galleryRoute } from "../pages/gallery/route";
import { operateRoutes } from "../pages/operate/route";
import { productRoutes } from "../pages/product/route";
import { signInRoute } from "../pages/sign-in/route";
import { Pending } from "./Pending";
import { root, shell } from "./routes";
import { parseSearch, stringifySearch } from "./search-params";

const routes = root.addChildren([
  signInRoute,
  shell.addChildren([
    findRoute,
    askRoute,
    accessRoutes,
    estateRoute,
    ...operateRoutes,
    productRoutes,
    administerRoutes,
    galleryRoute,
  ]),
]);

/** The session is over: the shell sends whoever reads to the sign-in page, and back from there. */
function watch(error: Error) {
  if (!(error instanceof ApiError) || !error.unauthenticated) return;
  if (queries.getQueryData(session.queryKey) === null) return;
  queries.setQueryData(session.queryKey, null);
  void router.invalidate();
}

/** Nobody is signed in any more, in the middle of a page. */
function ended(data: unknown, query: { readonly queryHash: string }) {
  if (data !== null || query.queryHash !== hashKey(session.queryKey)) return;
  if (router.state.matches.some(({ routeId, status }) => routeId === shell.id && status === "success"))
    void router.invalidate();
}

export const queries = new QueryClient({
  queryCache: new QueryCache({ onError: watch, onSuccess: ended }),
  mutationCache: new MutationCache({
    onError: (error, _variables, _result, mutation) => mutation.meta?.signsIn || watch(error),
  }),
  defaultOptions: {
    queries: {
      staleTime: 30_000,
      retry: (failures, error) =>
        failures < 2 && error instanceof ApiError && (error.unreachable || error.status === 503),
    },
  },
});

export const router = createRouter({
  routeTree: routes,
  basepath: "/hub",
  context: { queries },
  parseSearch,
  stringifySearch,
  defaultPreload: "intent",
  // Answers are kept by the query client alone.
  defaultPreloadStaleTime: 0,
  defaultPendingComponent: Pending,
  defaultPendingMs: 200,
  scrollRestoration: true,
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
