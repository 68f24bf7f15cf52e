import { useRouteContext } from "@tanstack/react-router";

import type { Session } from "../api/types";

/** Who is signed in, for whatever stands inside the shell. */
export function useSession(): Session {
  return useRouteContext({ from: "/shell", select: (context) => context.session });
}
