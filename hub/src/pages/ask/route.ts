import { createRoute, lazyRouteComponent } from "@tanstack/react-router";

import { shell } from "../../app/routes";
import { oneText } from "../../app/search-params";

export const askRoute = createRoute({
  getParentRoute: () => shell,
  path: "/ask",
  // A saved question; what was made of it since stands in the fragment.
  validateSearch: (search: Record<string, unknown>): { saved?: string } => {
    const saved = oneText(search.saved);
    return saved === undefined ? {} : { saved };
  },
  component: lazyRouteComponent(() => import("./AskPage"), "AskPage"),
});
