import { dateTime, relative } from "../messages/format";

/** A moment as people say it, with the exact one for those who point at it. */
export function When({ at }: { readonly at: string }) {
  return (
    <time dateTime={at} title={dateTime(at)}>
      {relative(at)}
    </time>
  );
}
