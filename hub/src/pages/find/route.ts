import { createRoute, lazyRouteComponent } from "@tanstack/react-router";

import { shell } from "../../app/routes";
import { readSearch } from "./search";

export const findRoute = createRoute({
  getParentRoute: () => shell,
  path: "/",
  validateSearch: readSearch,
  component: lazyRouteComponent(() => import("./FindPage"), "FindPage"),
});
