/** The question that is asked, and what of it the address has. */
import { useLocation, useNavigate } from "@tanstack/react-router";
import { useEffect, useRef, useState } from "react";

import type { SavedQuestion } from "../../../api/types";
import { type Asking as Addressed, fragmentOf, readFragment, type View } from "../../../parts/question";
import type { Asking } from "../result/useAnswer";

/** Once it was run it is in the address: back shows the one before. What is there stands above what was saved. */
export function useQuestion(saved: SavedQuestion | null) {
  const navigate = useNavigate();
  const { hash: fragment } = useLocation();
  const addressed = readFragment(fragment);
  const first = addressed ?? (saved && asSaved(saved));
  const [sql, setSql] = useState(first?.sql ?? "");
  const [purpose, setPurpose] = useState(first?.purpose ?? "");
  const [linked, setLinked] = useState(addressed !== null);
  const place = `${saved?.id ?? ""}#${fragment}`;
  const told = useRef(place);
  const view: View = first?.view ?? "rows";
  const asking: Asking = { sql, purpose: purpose.trim() || null };

  // biome-ignore lint/correctness/useExhaustiveDependencies: what was saved is looked at where the address changes
  useEffect(() => {
    if (place === told.current) return;
    told.current = place;
    setSql(first?.sql ?? "");
    setPurpose(first?.purpose ?? "");
    setLinked(false);
  }, [place]);

  function put({ sql, purpose }: Asking, next: View, id: string | null, replace: boolean) {
    const hash = fragmentOf({ sql, ...(purpose !== null && { purpose }), view: next });
    told.current = `${id ?? ""}#${hash}`;
    const search = id === null ? {} : { saved: id };
    void navigate({ to: "/ask", search, hash, replace, resetScroll: false, hashScrollIntoView: false });
  }

  return {
    asking,
    setSql,
    purpose,
    setPurpose,
    view,
    linked,
    setView: (next: View) => put(asking, next, saved?.id ?? null, true),
    /** Puts what is asked into the address. */
    show: (question: Asking) => {
      setLinked(false);
      put(question, view, saved?.id ?? null, fragment === "" || addressed?.sql === question.sql);
    },
    /** Goes on with what is there as the saved question that it has become. */
    goOnAs: (id: string) => put(asking, view, id, true),
  };
}

function asSaved({ sql, purpose, chart }: SavedQuestion): Addressed {
  return { sql, ...(purpose !== null && { purpose }), view: chart === null ? "rows" : "chart" };
}
