import { Link, Outlet, useLocation, useNavigate } from "@tanstack/react-router";
import { useEffect, useRef, useState } from "react";

import { IconButton, ToastProvider } from "../design";
import { classes } from "../design/classes";
import { messages } from "../messages";
import { AccountMenu } from "./AccountMenu";
import { Mark } from "./Mark";
import { destinationsFor } from "./navigation";
import { Palette } from "./Palette";
import { SearchBox } from "./SearchBox";
import styles from "./Shell.module.css";
import { ShortcutSheet } from "./ShortcutSheet";
import { useHappenings } from "./useHappenings";
import { useSession } from "./useSession";
import { useShortcuts } from "./useShortcuts";

const { shell } = messages;

/** Which of the two things that lie over the page is open. */
type Overlay = "palette" | "shortcuts" | null;

/** The frame of every page: masthead, content, and what can be called up over it. */
export function Shell() {
  const [overlay, setOverlay] = useState<Overlay>(null);
  const close = () => setOverlay(null);
  const main = useRef<HTMLElement>(null);
  useFocusOnPage(main);
  useHappenings();
  useShellShortcuts(setOverlay);

  return (
    <ToastProvider>
      <a className={styles.skip} href="#content">
        {shell.skip}
      </a>
      <Masthead onPalette={() => setOverlay("palette")} />
      <main id="content" ref={main} className={styles.main} tabIndex={-1}>
        <Outlet />
      </main>
      <Foot onShortcuts={() => setOverlay("shortcuts")} />
      <Palette open={overlay === "palette"} onClose={close} onShortcuts={() => setOverlay("shortcuts")} />
      <ShortcutSheet open={overlay === "shortcuts"} onClose={close} />
    </ToastProvider>
  );
}

function Masthead({ onPalette }: { readonly onPalette: () => void }) {
  const session = useSession();
  const { pathname } = useLocation();
  const [open, setOpen] = useState(false);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a menu that was used is closed
  useEffect(() => setOpen(false), [pathname]);

  return (
    <header className={styles.masthead}>
      <div className={styles.bar}>
        <IconButton
          className={styles.burger}
          icon={open ? "close" : "menu"}
          label={shell.menu}
          aria-expanded={open}
          aria-controls="destinations"
          onClick={() => setOpen(!open)}
        />
        <Link to="/" className={styles.name} aria-label={shell.name}>
          <Mark /> <span className={styles.roomy}>{shell.name}</span>
        </Link>
        <nav
          id="destinations"
          aria-label={shell.navigation.label}
          className={classes(styles.links, open && styles.open)}
        >
          {destinationsFor(session).map((destination) => (
            <Link
              key={destination.to}
              to={destination.to}
              activeOptions={{ exact: destination.to === "/", includeSearch: false }}
            >
              {destination.label}
            </Link>
          ))}
        </nav>
        <div className={styles.end}>
          {pathname === "/" ? null : <SearchBox />}
          <IconButton
            className={styles.roomy}
            icon="keyboard"
            label={shell.palette.title}
            aria-keyshortcuts="Control+K Meta+K"
            onClick={onPalette}
          />
          <AccountMenu session={session} />
        </div>
      </div>
      <div className={styles.scale} aria-hidden />
    </header>
  );
}

function Foot({ onShortcuts }: { readonly onShortcuts: () => void }) {
  const session = useSession();
  return (
    <footer className={styles.foot}>
      <div>
        <span>{shell.account.version(session.version)}</span>
        <span>{shell.workspace(session.workspace)}</span>
        <button type="button" onClick={onShortcuts}>
          {shell.shortcuts.show}
        </button>
        <Link to="/gallery">{shell.navigation.gallery}</Link>
      </div>
    </footer>
  );
}

/** Whoever follows a link by the keyboard goes on in the new page. Tabs of one thing are one page. */
function useFocusOnPage(main: React.RefObject<HTMLElement | null>) {
  const { pathname } = useLocation();
  const page = pathname.split("/").slice(0, 3).join("/");
  const before = useRef(page);
  useEffect(() => {
    if (before.current === page) return;
    before.current = page;
    main.current?.focus({ preventScroll: true });
  }, [page, main]);
}

function useShellShortcuts(show: (overlay: Overlay) => void) {
  const navigate = useNavigate();
  const session = useSession();
  const goTo = destinationsFor(session).map(
    ({ key, to }) => [`g ${key}`, () => void navigate({ to, search: {} } as Parameters<typeof navigate>[0])] as const,
  );
  useShortcuts({
    "mod+k": () => show("palette"),
    "?": () => show("shortcuts"),
    "/": () => document.querySelector<HTMLInputElement>("input[data-search]")?.focus(),
    ...Object.fromEntries(goTo),
  });
}
