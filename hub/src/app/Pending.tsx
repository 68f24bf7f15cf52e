import { Page, Skeleton } from "../design";

/** While the code of a page is on its way. */
export function Pending() {
  return (
    <Page>
      <Skeleton lines={5} />
    </Page>
  );
}
