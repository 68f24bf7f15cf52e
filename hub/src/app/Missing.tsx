import { Link } from "@tanstack/react-router";

import { buttonClass, Empty, Page } from "../design";
import { messages } from "../messages";
import { useTitle } from "./useTitle";

/** An address that leads nowhere, or to what the reader may not know of: the two look the same. */
export function Missing() {
  const { title, text, action } = messages.shell.missing;
  useTitle(title);
  return (
    <Page>
      <h1 className="unseen">{title}</h1>
      <Empty
        icon="pin"
        title={title}
        actions={
          <Link to="/" className={buttonClass({ kind: "main" })}>
            {action}
          </Link>
        }
      >
        {text}
      </Empty>
    </Page>
  );
}
