import { useEffect } from "react";

import { messages } from "../messages";

/** What the window is called while a page is shown. */
export function useTitle(title: string): void {
  useEffect(() => {
    document.title = messages.shell.pageTitle(title);
  }, [title]);
}
