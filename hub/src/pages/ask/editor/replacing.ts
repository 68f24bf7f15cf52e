import { EditorView } from "@codemirror/view";

/**
 * Text in place of a selection is put in by the editor. Left to the browser, Chromium keeps the look of what was there by a `style`
 * attribute, which the server's policy forbids and the console tells of.
 */
export const replacing = EditorView.domEventHandlers({
  beforeinput: (event, view) => {
    const { state } = view;
    const { main } = state.selection;
    const text = event.data;
    if (event.inputType !== "insertText" || text === null || event.isComposing || main.empty) return false;
    const insert = () => state.update(state.replaceSelection(text), { userEvent: "input.type", scrollIntoView: true });
    const handled = state
      .facet(EditorView.inputHandler)
      .some((handle) => handle(view, main.from, main.to, text, insert));
    if (!handled) view.dispatch(insert());
    return true;
  },
});
