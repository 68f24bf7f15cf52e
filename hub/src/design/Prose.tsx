/** A sentence of the server: what stands between backticks is the name of something. Nothing else of it means anything. */
export function Prose({ text }: { readonly text: string }) {
  return text.split("`").map((part, index, { length }) =>
    // The last part stands after a closing backtick, or after one that nothing closes.
    index % 2 === 1 && index < length - 1 ? (
      // biome-ignore lint/suspicious/noArrayIndexKey: parts of one sentence have no other name
      <code key={index}>{part}</code>
    ) : index % 2 === 1 ? (
      `\`${part}`
    ) : (
      part
    ),
  );
}
