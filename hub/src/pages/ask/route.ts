import { createRoute, lazyRouteComponent } from "@tanstack/react-router";

import { shell } from "../../app/routes";

export const askRoute = createRoute({
  getParentRoute: () => shell,
  path: "/ask",
  component: lazyRouteComponent(() => import("./AskPage"), "AskPage"),
});
