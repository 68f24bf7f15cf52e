import { useQuery } from "@tanstack/react-query";

import { type Setting, settings, type Settings as Told } from "../../../api/administer";
import { Answer } from "../../../app/Answer";
import { Checkbox, CopyButton, Empty, Facts, Section, Status, Table } from "../../../design";
import { messages } from "../../../messages";
import { administerMessages } from "../../../messages/en/administer";
import { bytes, duration, list, number } from "../../../messages/format";
import styles from "../Administer.module.css";
import { settingsRoute } from "../route";

const words = administerMessages.settings;

/** How the server is set, and where each setting comes from. Nothing can be changed here. */
export function Settings() {
  const query = useQuery(settings);
  return (
    <Answer query={query}>
      {(told) => (
        <>
          <Server told={told} />
          <Limits limits={told.limits} />
          <List settings={told.settings} />
        </>
      )}
    </Answer>
  );
}

function Server({ told: { workspace, version, doors } }: { readonly told: Told }) {
  return (
    <Section title={words.title} lead={words.lead}>
      <Facts
        facts={[
          [words.workspace, workspace],
          [words.version, version],
        ]}
      />
      <Table<Told["doors"][number]>
        caption={words.doors}
        rows={doors}
        rowKey={({ door, address }) => `${door} ${address}`}
        columns={[
          { key: "door", title: words.door, head: true, cell: ({ door }) => words.doorNames[door] },
          {
            key: "address",
            title: words.address,
            cell: ({ address }) => (
              <span className={styles.named}>
                <code className={styles.address}>{address}</code>
                <CopyButton text={address} what={address} />
              </span>
            ),
          },
          {
            key: "tls",
            title: words.encrypted,
            cell: ({ tls }) =>
              tls ? (
                <Status tone="good" icon="locked">
                  {words.tls}
                </Status>
              ) : (
                <Status tone="note" icon="open">
                  {words.plain}
                </Status>
              ),
          },
        ]}
      />
    </Section>
  );
}

function Limits({ limits }: { readonly limits: Told["limits"] }) {
  return (
    <Section title={words.limits} lead={words.limitsLead}>
      <Facts
        facts={[
          [words.limit.rows, number(limits.rows)],
          [words.limit.bytes, bytes(limits.bytes)],
          [words.limit.seconds, duration(limits.seconds)],
          [words.limit.concurrent, number(limits.concurrent)],
          [words.limit.totalConcurrent, number(limits.totalConcurrent)],
          [words.limit.waitSeconds, duration(limits.waitSeconds)],
          [words.limit.memory, bytes(limits.memory)],
          [words.limit.principalMemory, bytes(limits.principalMemory)],
        ]}
      />
    </Section>
  );
}

function List({ settings }: { readonly settings: readonly Setting[] }) {
  const { set } = settingsRoute.useSearch();
  const navigate = settingsRoute.useNavigate();
  const shown = set ? settings.filter(({ source }) => source !== "default") : settings;
  return (
    <Section title={words.settings} lead={words.settingsLead}>
      <div>
        <Checkbox
          label={words.onlySet}
          checked={set === "yes"}
          onChange={({ target }) => navigate({ search: target.checked ? { set: "yes" } : {}, replace: true })}
        />
      </div>
      {shown.length === 0 ? (
        <Empty icon="settings" title={words.none}>
          {words.noneText}
        </Empty>
      ) : (
        <Table<Setting>
          caption={words.settings}
          rows={shown}
          rowKey={({ name }) => name}
          columns={[
            {
              key: "name",
              title: words.name,
              head: true,
              cell: ({ name, about }) => (
                <span className={styles.stack}>
                  <code>{name}</code>
                  <span className={styles.about}>{about}</span>
                </span>
              ),
            },
            { key: "value", title: words.value, cell: (setting) => <Value setting={setting} /> },
            {
              key: "source",
              title: words.source,
              cell: ({ source, from }) => (
                <>
                  {words.sources[source]} {from ? <code>{from}</code> : null}
                </>
              ),
            },
          ]}
        />
      )}
    </Section>
  );
}

function Value({ setting: { value, secret } }: { readonly setting: Setting }) {
  if (value === null || value === undefined) return <span className={styles.faint}>{words.notSet}</span>;
  if (secret) return <Status tone="good">{words.secretSet}</Status>;
  if (typeof value === "boolean") return value ? words.on : words.off;
  if (typeof value === "number") return <span className="figures">{number(value)}</span>;
  if (Array.isArray(value)) return value.length === 0 ? messages.common.none : list(value);
  return <code className={styles.wrap}>{value}</code>;
}
