import { type ErrorComponentProps, useRouter } from "@tanstack/react-router";

import { Page, Problem } from "../design";

/** A page that could not be shown at all. */
export function Fault({ error, reset }: ErrorComponentProps) {
  const router = useRouter();
  return (
    <Page>
      <Problem
        error={error}
        retry={() => {
          reset();
          void router.invalidate();
        }}
      />
    </Page>
  );
}
