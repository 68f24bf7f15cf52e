import { Checkbox, Dialog } from "../design";
import { messages } from "../messages";
import { destinationsFor } from "./navigation";
import styles from "./ShortcutSheet.module.css";
import { useSession } from "./useSession";
import { useSingleKeys } from "./useShortcuts";

const { shortcuts } = messages.shell;

const MODIFIER = /Mac|iPhone|iPad/.test(navigator.userAgent) ? "⌘" : "Ctrl";

/** What the keyboard can do. */
export function ShortcutSheet({ open, onClose }: { readonly open: boolean; readonly onClose: () => void }) {
  const session = useSession();
  const [single, setSingle] = useSingleKeys();
  const pages = destinationsFor(session).map(({ label, key }) => [shortcuts.goTo(label), ["g", key], true] as const);
  const rows: readonly (readonly [string, readonly string[], boolean])[] = [
    [shortcuts.palette, [MODIFIER, "K"], false],
    [shortcuts.search, ["/"], true],
    ...pages,
    [shortcuts.help, ["?"], true],
  ];

  return (
    <Dialog open={open} onClose={onClose} title={shortcuts.title}>
      <p>{shortcuts.lead}</p>
      <dl className={styles.keys}>
        {rows.map(([label, keys, isSingle]) => (
          <Row key={label} label={label} keys={keys} then={isSingle} />
        ))}
      </dl>
      <Checkbox checked={single} onChange={(event) => setSingle(event.target.checked)} label={shortcuts.single} />
    </Dialog>
  );
}

function Row({
  label,
  keys,
  then,
}: {
  readonly label: string;
  readonly keys: readonly string[];
  readonly then: boolean;
}) {
  const [first, second] = keys;
  return (
    <>
      <dt>{label}</dt>
      <dd>
        <kbd>{first}</kbd>
        {second ? (
          <>
            {then ? shortcuts.after : "+"} <kbd>{second}</kbd>
          </>
        ) : null}
      </dd>
    </>
  );
}
