/** The editor of SQL. Its styles are constructed style sheets, which its shadow root is for: nothing is inline. */
import { autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { PostgreSQL, type SQLNamespace, sql } from "@codemirror/lang-sql";
import { bracketMatching } from "@codemirror/language";
import { setDiagnostics } from "@codemirror/lint";
import { highlightSelectionMatches, search, searchKeymap } from "@codemirror/search";
import { Compartment, EditorState, Prec } from "@codemirror/state";
import {
  drawSelection,
  EditorView,
  highlightActiveLine,
  highlightSpecialChars,
  keymap,
  lineNumbers,
  placeholder,
} from "@codemirror/view";
import { type Ref, useEffect, useImperativeHandle, useLayoutEffect, useRef } from "react";

import type { Place } from "../place";
import { offsetOf } from "../place";
import { replacing } from "./replacing";
import { look } from "./theme";

export interface EditorHandle {
  readonly focus: () => void;
  /** Puts a text where the cursor is, and the cursor behind it. */
  readonly insert: (text: string) => void;
  /** Goes to a place in the text. */
  readonly goTo: (place: Place) => void;
}

interface Props {
  readonly ref: Ref<EditorHandle>;
  readonly label: string;
  readonly hint: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
  /** With the text as it is, which may be newer than `value`. */
  readonly onRun: (text: string) => void;
  /** What can be completed. */
  readonly names: SQLNamespace;
  /** Where the text is wrong, and how. */
  readonly fault: { readonly place: Place; readonly message: string } | null;
}

export default function Editor({ ref, label, hint, value, onChange, onRun, names, fault }: Props) {
  const host = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(null);
  const language = useRef(new Compartment());
  const latest = useRef({ value, onChange, onRun, names });
  useEffect(() => {
    latest.current = { value, onChange, onRun, names };
  });

  useEffect(() => {
    const element = host.current;
    if (!element) return;
    const root = element.shadowRoot ?? element.attachShadow({ mode: "open" });
    const told = EditorView.updateListener.of((update) => {
      if (update.docChanged) latest.current.onChange(update.state.doc.toString());
    });
    const run = Prec.highest(
      keymap.of([
        {
          key: "Mod-Enter",
          run: ({ state }) => {
            latest.current.onRun(state.doc.toString());
            return true;
          },
        },
      ]),
    );
    const state = EditorState.create({
      doc: latest.current.value,
      extensions: [
        run,
        told,
        replacing,
        language.current.of(languageOf(latest.current.names)),
        EditorView.contentAttributes.of({ "aria-label": label }),
        placeholder(hint),
        lineNumbers(),
        history(),
        drawSelection(),
        highlightSpecialChars(),
        highlightActiveLine(),
        highlightSelectionMatches(),
        bracketMatching(),
        closeBrackets(),
        autocompletion({ icons: false }),
        search({ top: true }),
        EditorView.lineWrapping,
        // Tab is not among them: it goes on to what comes after the editor.
        keymap.of([...closeBracketsKeymap, ...completionKeymap, ...searchKeymap, ...historyKeymap, ...defaultKeymap]),
        look,
      ],
    });
    const editor = new EditorView({ state, parent: root, root });
    view.current = editor;
    return () => {
      editor.destroy();
      view.current = null;
    };
  }, [label, hint]);

  useEffect(() => {
    view.current?.dispatch({ effects: language.current.reconfigure(languageOf(names)) });
  }, [names]);

  // A text that comes from elsewhere: an address, the history, an example. Before anything else happens, as it would take back
  // what was written since.
  useLayoutEffect(() => {
    const editor = view.current;
    if (!editor || editor.state.doc.toString() === value) return;
    editor.dispatch({ changes: { from: 0, to: editor.state.doc.length, insert: value } });
  }, [value]);

  useEffect(() => {
    const editor = view.current;
    if (!editor) return;
    editor.dispatch(setDiagnostics(editor.state, fault ? [marked(editor.state, fault.place, fault.message)] : []));
  }, [fault]);

  useImperativeHandle(
    ref,
    () => ({
      focus: () => view.current?.focus(),
      insert: (text) => {
        const editor = view.current;
        if (!editor) return;
        editor.dispatch(editor.state.replaceSelection(text));
        editor.focus();
      },
      goTo: (place) => {
        const editor = view.current;
        if (!editor) return;
        editor.dispatch({ selection: { anchor: offsetOf(editor.state.doc.toString(), place) }, scrollIntoView: true });
        editor.focus();
      },
    }),
    [],
  );

  return <div ref={host} data-editor />;
}

function languageOf(schema: SQLNamespace) {
  return sql({ dialect: PostgreSQL, schema, upperCaseKeywords: true });
}

/** The word at a place. */
function marked(state: EditorState, place: Place, message: string) {
  const from = offsetOf(state.doc.toString(), place);
  const word = state.wordAt(from);
  const to = word && word.to > from ? word.to : Math.min(state.doc.length, from + 1);
  return { from, to, severity: "error" as const, message };
}
