import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { type FormEvent, useId } from "react";

import { type AuditFilters, audit, type RequestRecord, users } from "../../../api/administer";
import { products } from "../../../api/queries";
import { Answer } from "../../../app/Answer";
import { Button, Checkbox, Empty, Section, Select, Table, TextField, When } from "../../../design";
import { administerMessages } from "../../../messages/en/administer";
import { list, number } from "../../../messages/format";
import { useFaults, written } from "../../../parts/useFaults";
import styles from "../Administer.module.css";
import { DOORS } from "../policies/tried";
import { auditRoute } from "../route";
import { exact, local } from "./moments";
import { Result } from "./Result";
import { Verify } from "./Verify";

const words = administerMessages.audit;

/** Who asked what. What the list is narrowed by stands in the address. */
export function Audit() {
  const { pages: shown, ...filters } = auditRoute.useSearch();
  const query = useInfiniteQuery(audit(filters as AuditFilters, shown === "yes"));
  return (
    <>
      <Section
        title={words.title}
        lead={words.lead}
        actions={
          <Button icon="running" busy={query.isRefetching} onClick={() => query.refetch()}>
            {words.refresh}
          </Button>
        }
      >
        <Filters key={JSON.stringify(filters)} />
        <LookUps leftOut={query.data?.pages.reduce((sum, { leftOut }) => sum + leftOut, 0) ?? 0} />
        <Answer query={query}>
          {({ pages }) => {
            const found = pages.flatMap(({ page }) => page);
            if (found.length === 0 && !query.hasNextPage) {
              return (
                <Empty icon="history" title={words.none}>
                  {words.noneText}
                </Empty>
              );
            }
            return (
              <>
                <p className={styles.faint}>{words.shown(found.length, query.hasNextPage)}</p>
                <List records={found} />
                {query.hasNextPage ? (
                  <div>
                    <Button busy={query.isFetchingNextPage} onClick={() => query.fetchNextPage()}>
                      {words.older}
                    </Button>
                  </div>
                ) : null}
              </>
            );
          }}
        </Answer>
      </Section>
      <Verify />
    </>
  );
}

/** Whether what pages look up by themselves is shown, too: most of what is on record where people use the hub. */
function LookUps({ leftOut }: { readonly leftOut: number }) {
  const { pages } = auditRoute.useSearch();
  const navigate = auditRoute.useNavigate();
  return (
    <div className={styles.line}>
      <Checkbox
        label={words.pages}
        checked={pages === "yes"}
        onChange={({ target }) =>
          navigate({
            search: ({ pages: _, ...rest }) => (target.checked ? { ...rest, pages: "yes" } : rest),
            replace: true,
            resetScroll: false,
          })
        }
      />
      {leftOut > 0 ? <span className={styles.faint}>{words.leftOut(leftOut)}</span> : null}
    </div>
  );
}

const NAMES = ["user", "product", "door", "result", "purpose", "agreement"] as const;

function Filters() {
  const { pages, ...filters } = auditRoute.useSearch();
  const navigate = auditRoute.useNavigate();
  const { faults, accept } = useFaults();
  const people = useQuery(users);
  const all = useQuery(products);
  const known = useId();

  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = event.currentTarget;
    const text = written(form);
    const times = (["from", "to"] as const).map((name) => {
      // A moment that was not touched stays exact to the second.
      if (text(name) === local(filters[name])) return [name, filters[name] ?? ""] as const;
      return [name, exact(text(name))] as const;
    });
    const wrong = times.filter(([, at]) => at === null).map(([name]) => [name, words.wrongTime] as const);
    if (!accept(form, Object.fromEntries(wrong))) return;
    const chosen = [...NAMES.map((name) => [name, text(name)] as const), ...times].filter(([, value]) => value);
    void navigate({ search: { ...Object.fromEntries(chosen), ...(pages && { pages }) } });
  }

  return (
    <search aria-label={words.filters}>
      <form className={styles.ask} onSubmit={submit} noValidate>
        <TextField
          label={words.user}
          name="user"
          defaultValue={filters.user ?? ""}
          list={known}
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
        />
        <datalist id={known}>
          {(people.data ?? []).map(({ principal: { id } }) => (
            <option key={id} value={id} />
          ))}
        </datalist>
        <Select
          key={`products ${all.data?.length}`}
          label={words.product}
          name="product"
          defaultValue={filters.product ?? ""}
        >
          <option value="">{words.any}</option>
          {[
            ...new Set([...(filters.product ? [filters.product] : []), ...(all.data ?? []).map(({ name }) => name)]),
          ].map((name) => (
            <option key={name} value={name}>
              {name}
            </option>
          ))}
        </Select>
        <Select label={words.door} name="door" defaultValue={filters.door ?? ""}>
          <option value="">{words.any}</option>
          {DOORS.map((door) => (
            <option key={door} value={door}>
              {administerMessages.doors[door]}
            </option>
          ))}
        </Select>
        <Select label={words.result} name="result" defaultValue={filters.result ?? ""}>
          <option value="">{words.any}</option>
          {Object.entries(words.results).map(([kind, label]) => (
            <option key={kind} value={kind}>
              {label}
            </option>
          ))}
        </Select>
        <TextField label={words.purpose} name="purpose" defaultValue={filters.purpose ?? ""} autoComplete="off" />
        <TextField
          label={words.agreement}
          name="agreement"
          defaultValue={filters.agreement ?? ""}
          autoComplete="off"
          spellCheck={false}
        />
        <TextField
          type="datetime-local"
          label={words.from}
          name="from"
          defaultValue={local(filters.from)}
          fault={faults.from}
        />
        <TextField
          type="datetime-local"
          label={words.to}
          name="to"
          defaultValue={local(filters.to)}
          fault={faults.to}
        />
        <div className={styles.buttons}>
          <Button type="submit" kind="main" icon="filter">
            {words.submit}
          </Button>
          {Object.keys(filters).length > 0 ? (
            <Button kind="quiet" onClick={() => navigate({ search: pages ? { pages } : {} })}>
              {words.clear}
            </Button>
          ) : null}
        </div>
      </form>
    </search>
  );
}

function List({ records }: { readonly records: readonly RequestRecord[] }) {
  return (
    <Table<RequestRecord>
      caption={words.title}
      rows={records}
      rowKey={({ id }) => id}
      columns={[
        {
          key: "at",
          title: words.at,
          head: true,
          cell: ({ id, at }) => (
            <Link to="/administer/audit/$request" params={{ request: id }}>
              <When at={at} />
            </Link>
          ),
        },
        {
          key: "who",
          title: words.who,
          cell: ({ principal }) => principal ?? <span className={styles.faint}>{words.unknown}</span>,
        },
        { key: "result", title: words.result, cell: ({ result }) => <Result result={result} /> },
        {
          key: "what",
          title: words.what,
          cell: ({ request, times }) => (
            <span className={styles.stack}>
              <code className={styles.request} title={request}>
                {request}
              </code>
              {times !== undefined && times > 1 ? <span className={styles.faint}>{words.times(times)}</span> : null}
            </span>
          ),
        },
        { key: "read", title: words.read, cell: ({ reads }) => list(Object.keys(reads)) },
        { key: "purpose", title: words.purpose, cell: ({ purpose }) => purpose },
        { key: "door", title: words.door, cell: ({ door }) => <code>{door}</code> },
        { key: "rows", title: words.rows, number: true, cell: ({ rows }) => number(rows) },
      ]}
    />
  );
}
