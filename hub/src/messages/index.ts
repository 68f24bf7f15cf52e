export { en as messages } from "./en";
