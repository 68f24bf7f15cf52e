export const signIn = {
  title: "Sign in",
  lead: "Find the data that answers your question, see whether it can be trusted, and ask for what you need.",
  user: "Name",
  password: "Password",
  showPassword: "Show the password",
  submit: "Sign in",
  with: (provider: string) => `Sign in with ${provider}`,
  or: "or",
  wrong: "This name and password do not go together. Check both, and that Caps Lock is off.",
  refused: "You were not signed in",
  refusedText:
    "Your account may not be let in here, or signing in took more than ten minutes. Try it again; if it stays so, tell whoever runs this server.",
  help: "No account yet? Whoever runs this server makes one:",
  needUser: "Write your name",
  needPassword: "Write your password",
};
