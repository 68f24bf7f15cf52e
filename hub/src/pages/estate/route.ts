import { createRoute, lazyRouteComponent } from "@tanstack/react-router";

import { shell } from "../../app/routes";
import { readSearch } from "./search";

export const estateRoute = createRoute({
  getParentRoute: () => shell,
  path: "/estate",
  validateSearch: readSearch,
  component: lazyRouteComponent(() => import("./EstatePage"), "EstatePage"),
});
