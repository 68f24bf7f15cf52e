/** Only a path of the hub: an address that is sent to someone must not lead them elsewhere once they have signed in. */
export function safeNext(next: string | undefined): string | undefined {
  return next && /^\/(?![/\\])/.test(next) && !next.startsWith("/sign-in") ? next : undefined;
}
