/** What the masthead and the command palette offer: pages that exist, and that whoever is signed in can use. */
import type { LinkProps } from "@tanstack/react-router";

import type { Session } from "../api/types";
import type { IconName } from "../design";
import { messages } from "../messages";

export interface Destination {
  readonly to: NonNullable<LinkProps["to"]>;
  readonly label: string;
  readonly icon: IconName;
  /** Pressed after `g`; each only once. */
  readonly key: string;
  /** Only for some. */
  readonly for?: (session: Session) => boolean;
}

const { navigation } = messages.shell;

const destinations: readonly Destination[] = [
  { to: "/", label: navigation.find, icon: "search", key: "f" },
  { to: "/ask", label: navigation.ask, icon: "table", key: "a" },
  { to: "/access", label: navigation.access, icon: "key", key: "c" },
  { to: "/estate", label: navigation.estate, icon: "graph", key: "e" },
  { to: "/operate", label: navigation.operate, icon: "running", key: "o" },
  {
    to: "/administer",
    label: navigation.administer,
    icon: "settings",
    key: "m",
    for: ({ administrator }) => administrator,
  },
];

/** Where this session can go. */
export function destinationsFor(session: Session): readonly Destination[] {
  return destinations.filter((destination) => destination.for?.(session) ?? true);
}
