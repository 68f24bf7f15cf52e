/** Every text of the hub. Parts are by page: `en/<page>.ts`. What has parameters is a function. */
import { access } from "./en/access";
import { administer } from "./en/administer";
import { ask } from "./en/ask";
import { common } from "./en/common";
import { errors } from "./en/errors";
import { estate } from "./en/estate";
import { find } from "./en/find";
import { forms } from "./en/forms";
import { gallery } from "./en/gallery";
import { operate } from "./en/operate";
import { product } from "./en/product";
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
  product,
  gallery,
  ask,
  access,
  administer,
  forms,
  estate,
  operate,
};
