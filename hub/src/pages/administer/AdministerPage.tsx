import { Link, Outlet, useLocation } from "@tanstack/react-router";

import { useSession } from "../../app/useSession";
import { useTitle } from "../../app/useTitle";
import { buttonClass, Empty, Heading, Page, Tabs, tab } from "../../design";
import { administerMessages } from "../../messages/en/administer";

const words = administerMessages;

const PARTS = [
  ["/administer/people", words.tabs.people],
  ["/administer/tokens", words.tabs.tokens],
  ["/administer/groups", words.tabs.groups],
  ["/administer/policies", words.tabs.policies],
  ["/administer/depots", words.tabs.depots],
  ["/administer/audit", words.tabs.audit],
  ["/administer/settings", words.tabs.settings],
] as const;

/** What administrators see and change. Others are told so; their own tokens are theirs. */
export function AdministerPage() {
  useTitle(words.title);
  const { administrator } = useSession();
  const { pathname } = useLocation();
  if (administrator) {
    return (
      <Page>
        <Heading title={words.title}>{words.lead}</Heading>
        <Tabs label={words.tabs.label}>
          {PARTS.map(([to, label]) => (
            <Link key={to} to={to} className={tab} activeOptions={{ includeSearch: false }} resetScroll={false}>
              {label}
            </Link>
          ))}
        </Tabs>
        <Outlet />
      </Page>
    );
  }
  const own = /^\/administer\/tokens\/?$/.test(pathname);
  return (
    <Page>
      {own ? (
        <>
          <Heading title={words.tokens.own}>{words.tokens.ownLead}</Heading>
          <Outlet />
        </>
      ) : (
        <>
          <Heading title={words.title} />
          <Empty
            icon="shield"
            title={words.closed.title}
            actions={
              <Link to="/administer/tokens" className={buttonClass()}>
                {words.closed.action}
              </Link>
            }
          >
            {words.closed.text}
          </Empty>
        </>
      )}
    </Page>
  );
}
