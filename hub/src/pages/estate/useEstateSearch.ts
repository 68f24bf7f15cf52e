import { useNavigate, useSearch } from "@tanstack/react-router";
import { useCallback } from "react";

import type { EstateSearch } from "./search";

/** What the address says, and how to have it say something else; with `replace` back does not undo it. */
export function useEstateSearch() {
  const search: EstateSearch = useSearch({ from: "/shell/estate" });
  const navigate = useNavigate();
  const go = useCallback(
    (wanted: (before: EstateSearch) => EstateSearch, replace = false) =>
      void navigate({ to: "/estate", search: (before) => wanted(before as EstateSearch), replace, resetScroll: false }),
    [navigate],
  );
  return { search, go };
}
