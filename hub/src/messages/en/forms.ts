import { number } from "../format";

/** What is wrong with a field, by the word of the schema that does not hold. What it compares with is given, where it is a number. */
export const forms: Readonly<Record<string, (limit: number) => string>> = {
  required: () => "Write something here",
  minLength: (least) => (least === 1 ? "Write something here" : `Write at least ${number(least)} characters`),
  maxLength: (most) => `Write at most ${number(most)} characters`,
  minimum: (least) => `Write ${number(least)} or more`,
  maximum: (most) => `Write ${number(most)} or less`,
  minItems: (least) => (least === 1 ? "Choose one at least" : `Choose ${number(least)} at least`),
  maxItems: (most) => `Choose ${number(most)} at most`,
  pattern: () => "This has a sign that cannot be here",
  enum: () => "Choose one of what is offered",
  type: () => "This is not of the kind that is wanted here",
  integer: () => "Write a whole number",
  otherwise: () => "The server does not take this",
};
