import { createRoute, lazyRouteComponent } from "@tanstack/react-router";

import type { Direction } from "../../api/queries";
import { shell } from "../../app/routes";
import { oneOf, oneText, wholeNumber } from "../../app/search-params";

type Search = Record<string, unknown>;

export const productRoute = createRoute({
  getParentRoute: () => shell,
  path: "/products/$product",
  component: lazyRouteComponent(() => import("./ProductPage"), "ProductPage"),
});

const overviewRoute = createRoute({
  getParentRoute: () => productRoute,
  path: "/",
  component: lazyRouteComponent(() => import("./overview/Overview"), "Overview"),
});

const useRoute = createRoute({
  getParentRoute: () => productRoute,
  path: "/use",
  validateSearch: (search: Search): { table?: string } => text(search, "table"),
  component: lazyRouteComponent(() => import("./use/UseIt"), "UseIt"),
});

const contractRoute = createRoute({
  getParentRoute: () => productRoute,
  path: "/contract",
  validateSearch: (search: Search): { port?: string; find?: string } => ({
    ...text(search, "port"),
    ...text(search, "find"),
  }),
  component: lazyRouteComponent(() => import("./contract/Contract"), "Contract"),
});

const qualityRoute = createRoute({
  getParentRoute: () => productRoute,
  path: "/quality",
  validateSearch: (search: Search): { release?: number; failing?: "yes"; dimension?: string } => ({
    ...whole(search, "release", 1, Number.MAX_SAFE_INTEGER),
    ...(search.failing === "yes" && { failing: "yes" as const }),
    ...text(search, "dimension"),
  }),
  component: lazyRouteComponent(() => import("./quality/Quality"), "Quality"),
});

const DIRECTIONS: readonly Direction[] = ["up", "down", "both"];

const lineageRoute = createRoute({
  getParentRoute: () => productRoute,
  path: "/lineage",
  validateSearch: (search: Search): { direction?: Direction; depth?: number; column?: string; view?: "list" } => {
    const direction = oneOf(DIRECTIONS, search.direction);
    return {
      ...(direction && { direction }),
      ...whole(search, "depth", 1, 20),
      ...text(search, "column"),
      ...(search.view === "list" && { view: "list" as const }),
    };
  },
  component: lazyRouteComponent(() => import("./lineage/Lineage"), "Lineage"),
});

const consumersRoute = createRoute({
  getParentRoute: () => productRoute,
  path: "/consumers",
  validateSearch: (search: Search): { days?: number } => whole(search, "days", 1, 90),
  component: lazyRouteComponent(() => import("./consumers/Consumers"), "Consumers"),
});

const accessRoute = createRoute({
  getParentRoute: () => productRoute,
  path: "/access",
  component: lazyRouteComponent(() => import("./access/Access"), "Access"),
});

const changesRoute = createRoute({
  getParentRoute: () => productRoute,
  path: "/changes",
  component: lazyRouteComponent(() => import("./changes/Changes"), "Changes"),
});

const feedbackRoute = createRoute({
  getParentRoute: () => productRoute,
  path: "/feedback",
  validateSearch: (search: Search): { thread?: string; about?: string; show?: "open" } => ({
    ...text(search, "thread"),
    ...text(search, "about"),
    ...(search.show === "open" && { show: "open" as const }),
  }),
  component: lazyRouteComponent(() => import("./feedback/Feedback"), "Feedback"),
});

export const productRoutes = productRoute.addChildren([
  overviewRoute,
  useRoute,
  contractRoute,
  qualityRoute,
  lineageRoute,
  consumersRoute,
  accessRoute,
  changesRoute,
  feedbackRoute,
]);

function text<Name extends string>(search: Search, name: Name): { [name in Name]?: string } {
  const value = oneText(search[name]);
  return (value ? { [name]: value } : {}) as { [name in Name]?: string };
}

function whole<Name extends string>(
  search: Search,
  name: Name,
  least: number,
  most: number,
): { [name in Name]?: number } {
  const value = wholeNumber(search[name], least, most);
  return (value === undefined ? {} : { [name]: value }) as { [name in Name]?: number };
}
