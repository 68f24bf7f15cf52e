import { useQuery } from "@tanstack/react-query";
import { Link, Outlet } from "@tanstack/react-router";

import { agreements } from "../../api/agreements";
import { useSession } from "../../app/useSession";
import { useTitle } from "../../app/useTitle";
import { Heading, Page, Tabs, tab } from "../../design";
import { accessMessages } from "../../messages/en/access";
import { useBasket } from "../../parts/basket";
import { mayDecide } from "./standing";

const words = accessMessages;

/** Rights: those that the reader has, wants, and gives. */
export function AccessPage() {
  useTitle(words.title);
  const session = useSession();
  const { entries } = useBasket();
  const { data } = useQuery(agreements);
  const waiting = (data ?? []).filter((one) => one.agreement.state === "requested" && mayDecide(one, session)).length;
  const parts = [
    { to: "/access", label: words.tabs.mine, count: 0 },
    { to: "/access/basket", label: words.tabs.basket, count: entries.length },
    { to: "/access/inbox", label: words.tabs.inbox, count: waiting },
  ] as const;
  return (
    <Page>
      <Heading title={words.title}>{words.lead}</Heading>
      <Tabs label={words.tabs.label}>
        {parts.map(({ to, label, count }) => (
          <Link key={to} to={to} className={tab} activeOptions={{ exact: true }} resetScroll={false}>
            {label}
            {count > 0 ? ` (${words.tabs.count(count)})` : null}
          </Link>
        ))}
      </Tabs>
      <Outlet />
    </Page>
  );
}
