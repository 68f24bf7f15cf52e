import { useMutation } from "@tanstack/react-query";
import { type DragEvent, useRef, useState } from "react";

import { Button, classes, Icon, IconButton, Prose, Status } from "../../../design";
import { operateMessages } from "../../../messages/en/operate";
import own from "../Operate.module.css";
import { type Bundle, found, LARGEST, type Picked, read } from "./bundles";
import styles from "./Plan.module.css";
import { dropped, pickedOf } from "./pick";

const words = operateMessages.plan.choose;

/** What makes a field take a folder; every browser has it, and no standard. */
const FOLDER = { webkitdirectory: "" };

interface Props {
  readonly bundles: readonly Bundle[];
  readonly onChange: (bundles: readonly Bundle[]) => void;
}

/** Takes bundles: a folder that is dropped or chosen, or the files of one. */
export function Choose({ bundles, onChange }: Props) {
  const folder = useRef<HTMLInputElement>(null);
  const files = useRef<HTMLInputElement>(null);
  const [over, setOver] = useState(false);
  const [others, setOthers] = useState(0);
  const taking = useMutation({
    mutationFn: async (picking: readonly Picked[] | Promise<readonly Picked[]>) => {
      const seen = found(await picking);
      return { others: seen.others, bundles: await Promise.all(seen.bundles.map(read)) };
    },
    onSuccess: (taken) => {
      setOthers(taken.bundles.length > 0 ? taken.others : 0);
      if (taken.bundles.length === 0) return;
      // The same folder once more is the newer state of it.
      const roots = new Set(taken.bundles.map(({ root }) => root));
      onChange([...bundles.filter(({ root }) => !roots.has(root)), ...taken.bundles]);
    },
  });
  const size = bundles.reduce((sum, { bytes }) => sum + bytes, 0);

  function drop(event: DragEvent) {
    event.preventDefault();
    setOver(false);
    taking.mutate(dropped(event.dataTransfer));
  }

  return (
    <div className={own.stack}>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: the buttons in it do the same */}
      <div
        className={classes(styles.drop, over && styles.over)}
        onDragOver={(event) => {
          event.preventDefault();
          setOver(true);
        }}
        onDragLeave={() => setOver(false)}
        onDrop={drop}
      >
        <Icon name="document" size={28} />
        <strong>{words.drop}</strong>
        <p>
          <Prose text={words.dropHint} />
        </p>
        <div className={own.actions}>
          <Button kind="main" icon="download" busy={taking.isPending} onClick={() => folder.current?.click()}>
            {words.folder}
          </Button>
          <Button icon="file" busy={taking.isPending} onClick={() => files.current?.click()}>
            {words.files}
          </Button>
        </div>
        <p>{words.filesHint}</p>
        <input
          ref={folder}
          type="file"
          hidden
          {...FOLDER}
          aria-label={words.folder}
          onChange={(event) => taking.mutate(takenFrom(event.target))}
        />
        <input
          ref={files}
          type="file"
          hidden
          multiple
          aria-label={words.files}
          onChange={(event) => taking.mutate(takenFrom(event.target))}
        />
      </div>
      <div role="status">
        {taking.isPending ? words.reading : null}
        {taking.isError ? <Status tone="bad">{words.unreadable}</Status> : null}
        {taking.data?.bundles.length === 0 ? (
          <Status tone="care">
            <Prose text={words.none} />
          </Status>
        ) : null}
        {others > 0 ? <Status tone="note">{words.others(others)}</Status> : null}
      </div>
      {size > LARGEST ? <Status tone="bad">{words.tooLarge(size, LARGEST)}</Status> : null}
      {bundles.length > 0 ? (
        <>
          <ul className={styles.bundles} aria-label={words.bundles}>
            {bundles.map(({ root, files: inside, bytes }) => (
              <li key={root}>
                <span>
                  {root === "." ? words.here : <code>{root}</code>}{" "}
                  <span className={own.faint}>{words.bundle(inside.size, bytes)}</span>
                </span>
                <IconButton
                  small
                  icon="close"
                  label={words.forgetOf(root === "." ? words.here : root)}
                  onClick={() => onChange(bundles.filter((bundle) => bundle.root !== root))}
                />
              </li>
            ))}
          </ul>
          <p className={own.faint}>{words.kept}</p>
        </>
      ) : null}
    </div>
  );
}

/** What was chosen; the field is emptied, so that the same can be chosen again. */
function takenFrom(input: HTMLInputElement): readonly Picked[] {
  const picked = pickedOf(input.files);
  input.value = "";
  return picked;
}
