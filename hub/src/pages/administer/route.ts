import { createRoute, lazyRouteComponent, redirect } from "@tanstack/react-router";

import { shell } from "../../app/routes";
import { oneOf, oneText } from "../../app/search-params";

type Search = Record<string, unknown>;

/** Those of these parameters that are there, as text. */
function texts<Name extends string>(search: Search, ...names: readonly Name[]): { [name in Name]?: string } {
  const found: { [name in Name]?: string } = {};
  for (const name of names) {
    const text = oneText(search[name]);
    if (text !== undefined) found[name] = text;
  }
  return found;
}

export const administerRoute = createRoute({
  getParentRoute: () => shell,
  path: "/administer",
  component: lazyRouteComponent(() => import("./AdministerPage"), "AdministerPage"),
});

const indexRoute = createRoute({
  getParentRoute: () => administerRoute,
  path: "/",
  beforeLoad: () => {
    throw redirect({ to: "/administer/people", replace: true });
  },
});

export const peopleRoute = createRoute({
  getParentRoute: () => administerRoute,
  path: "/people",
  validateSearch: (search: Search): { find?: string; add?: "yes" } => ({
    ...texts(search, "find"),
    ...(search.add === "yes" && { add: "yes" as const }),
  }),
  component: lazyRouteComponent(() => import("./people/People"), "People"),
});

export const personRoute = createRoute({
  getParentRoute: () => administerRoute,
  path: "/people/$user",
  component: lazyRouteComponent(() => import("./people/Person"), "Person"),
});

const SHOWS = ["live", "over", "sessions"] as const;
export type TokensShown = (typeof SHOWS)[number];

export const tokensRoute = createRoute({
  getParentRoute: () => administerRoute,
  path: "/tokens",
  validateSearch: (search: Search): { owner?: string; show?: TokensShown } => {
    const show = oneOf(SHOWS, search.show);
    return { ...texts(search, "owner"), ...(show && show !== "live" && { show }) };
  },
  component: lazyRouteComponent(() => import("./tokens/Tokens"), "Tokens"),
});

const groupsRoute = createRoute({
  getParentRoute: () => administerRoute,
  path: "/groups",
  component: lazyRouteComponent(() => import("./groups/Groups"), "Groups"),
});

export const policiesRoute = createRoute({
  getParentRoute: () => administerRoute,
  path: "/policies",
  validateSearch: (search: Search): { add?: "yes" } => (search.add === "yes" ? { add: "yes" } : {}),
  component: lazyRouteComponent(() => import("./policies/Policies"), "Policies"),
});

export const policyFileRoute = createRoute({
  getParentRoute: () => administerRoute,
  path: "/policies/files/$file",
  validateSearch: (search: Search): { edit?: "yes" } => (search.edit === "yes" ? { edit: "yes" } : {}),
  component: lazyRouteComponent(() => import("./policies/PolicyFile"), "PolicyFile"),
});

export const explainRoute = createRoute({
  getParentRoute: () => administerRoute,
  path: "/policies/explain",
  validateSearch: (search: Search) => texts(search, "user", "product", "table", "purpose"),
  component: lazyRouteComponent(() => import("./policies/Explain"), "Explain"),
});

export const testRoute = createRoute({
  getParentRoute: () => administerRoute,
  path: "/policies/test",
  validateSearch: (search: Search) => ({
    ...texts(search, "user", "groups", "region", "department", "clearance", "product", "table", "purpose", "door"),
    ...(search.made === "yes" && { made: "yes" as const }),
    ...(search.agreement === "yes" && { agreement: "yes" as const }),
  }),
  component: lazyRouteComponent(() => import("./policies/TestAs"), "TestAs"),
});

const depotsRoute = createRoute({
  getParentRoute: () => administerRoute,
  path: "/depots",
  component: lazyRouteComponent(() => import("./depots/Depots"), "Depots"),
});

export const auditRoute = createRoute({
  getParentRoute: () => administerRoute,
  path: "/audit",
  validateSearch: (search: Search) => ({
    ...texts(search, "user", "product", "door", "result", "purpose", "agreement", "from", "to"),
    ...(search.pages === "yes" && { pages: "yes" as const }),
  }),
  component: lazyRouteComponent(() => import("./audit/Audit"), "Audit"),
});

export const recordRoute = createRoute({
  getParentRoute: () => administerRoute,
  path: "/audit/$request",
  component: lazyRouteComponent(() => import("./audit/Record"), "Record"),
});

export const settingsRoute = createRoute({
  getParentRoute: () => administerRoute,
  path: "/settings",
  validateSearch: (search: Search): { set?: "yes" } => (search.set === "yes" ? { set: "yes" } : {}),
  component: lazyRouteComponent(() => import("./settings/Settings"), "Settings"),
});

export const administerRoutes = administerRoute.addChildren([
  indexRoute,
  peopleRoute,
  personRoute,
  tokensRoute,
  groupsRoute,
  policiesRoute,
  policyFileRoute,
  explainRoute,
  testRoute,
  depotsRoute,
  auditRoute,
  recordRoute,
  settingsRoute,
]);
