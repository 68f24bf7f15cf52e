/** Moments as a field of a form has them, in the time of whoever looks, and as an address has them. */

/** `2026-01-31T08:00`, for a field of the kind `datetime-local`; nothing where it is no moment. */
export function local(at: string | undefined): string {
  if (at === undefined) return "";
  const moment = new Date(at);
  if (Number.isNaN(moment.getTime())) return "";
  const two = (value: number) => String(value).padStart(2, "0");
  const day = `${moment.getFullYear()}-${two(moment.getMonth() + 1)}-${two(moment.getDate())}`;
  return `${day}T${two(moment.getHours())}:${two(moment.getMinutes())}`;
}

/** The same for a server; null where it is no moment. */
export function exact(text: string): string | null {
  const moment = new Date(text);
  return Number.isNaN(moment.getTime()) ? null : moment.toISOString();
}
