import { createRoute, lazyRouteComponent, redirect } from "@tanstack/react-router";

import { session } from "../../api/queries";
import { root } from "../../app/routes";
import { oneOf, oneText } from "../../app/search-params";
import { safeNext } from "./safe-next";

export const signInRoute = createRoute({
  getParentRoute: () => root,
  path: "/sign-in",
  validateSearch: (search: Record<string, unknown>): { next?: string; refused?: "true" } => {
    const next = safeNext(oneText(search.next));
    // Who comes back from an identity provider without being signed in comes here.
    const refused = oneOf(["true"], search.refused);
    return { ...(next && { next }), ...(refused && { refused }) };
  },
  beforeLoad: async ({ context }) => {
    const found = await context.queries.ensureQueryData(session);
    if (found !== null) throw redirect({ to: "/", replace: true });
  },
  component: lazyRouteComponent(() => import("./SignInPage"), "SignInPage"),
});
