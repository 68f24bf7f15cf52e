import { createRoute, lazyRouteComponent } from "@tanstack/react-router";

import { shell } from "../../app/routes";

const accessRoute = createRoute({
  getParentRoute: () => shell,
  path: "/access",
  component: lazyRouteComponent(() => import("./AccessPage"), "AccessPage"),
});

const mineRoute = createRoute({
  getParentRoute: () => accessRoute,
  path: "/",
  component: lazyRouteComponent(() => import("./mine/Mine"), "Mine"),
});

const basketRoute = createRoute({
  getParentRoute: () => accessRoute,
  path: "/basket",
  component: lazyRouteComponent(() => import("./basket/Basket"), "Basket"),
});

const inboxRoute = createRoute({
  getParentRoute: () => accessRoute,
  path: "/inbox",
  component: lazyRouteComponent(() => import("./inbox/Inbox"), "Inbox"),
});

export const accessRoutes = accessRoute.addChildren([mineRoute, basketRoute, inboxRoute]);
