/**
 * The texts that every page may need. Those of a page that loads by itself are in `en/<page>.ts`, and its modules take them from
 * there, so that they load with it. What has parameters is a function.
 */
import { common } from "./en/common";
import { errors } from "./en/errors";
import { find } from "./en/find";
import { forms } from "./en/forms";
import { shell } from "./en/shell";
import { signIn } from "./en/sign-in";
import { words } from "./en/words";

export const en = {
  common,
  errors,
  words,
  shell,
  signIn,
  find,
  forms,
};
