interface Words {
  readonly title: string;
  readonly help: string;
}

/** In place of what the server says, where the hub knows better what its reader can do. */
const byCode: Readonly<Record<string, Words | undefined>> = {
  unauthenticated: {
    title: "You are not signed in any more",
    help: "Sign in again: what you were doing is kept in the address",
  },
};

export const errors = {
  unexpected: {
    title: "Something in the hub itself went wrong",
    help: "Load the page again. If it happens once more, tell whoever runs this server what you did",
  },
  unreachable: { title: "The server cannot be reached", help: "Check your connection, then try again" },
  byCode,
  /** Before an id. */
  request: "On record as",
};
