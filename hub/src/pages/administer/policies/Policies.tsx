import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";

import { type PolicyFile, policyCheck, policyFiles } from "../../../api/administer";
import { Answer } from "../../../app/Answer";
import { buttonClass, Empty, Icon, Panel, Problem, Section, Status, Table, When } from "../../../design";
import { messages } from "../../../messages";
import { administerMessages } from "../../../messages/en/administer";
import styles from "../Administer.module.css";
import { policiesRoute } from "../route";
import { policiesOf } from "./cedar";
import { NewPolicyFile } from "./NewPolicyFile";
import { Problems } from "./Problems";

const words = administerMessages.policies;

/** The policy files of the workspace, and what can be asked of them. */
export function Policies() {
  const { add } = policiesRoute.useSearch();
  return add ? <NewPolicyFile /> : <Files />;
}

function Files() {
  const query = useQuery(policyFiles);
  return (
    <>
      <Section
        title={words.title}
        lead={words.lead}
        actions={
          <Link to="/administer/policies" search={{ add: "yes" }} className={buttonClass({ kind: "main" })}>
            <Icon name="plus" /> {words.new}
          </Link>
        }
      >
        <Answer query={query}>
          {(files) =>
            files.length === 0 ? (
              <Empty icon="shield" title={words.none}>
                {words.noneText}
              </Empty>
            ) : (
              <>
                <Check />
                <List files={files} />
              </>
            )
          }
        </Answer>
      </Section>
      <Section title={words.why}>
        <div className={styles.ways}>
          <Panel>
            <h3>
              <Link to="/administer/policies/explain">{words.explain}</Link>
            </h3>
            <p>{words.explainText}</p>
          </Panel>
          <Panel>
            <h3>
              <Link to="/administer/policies/test">{words.test}</Link>
            </h3>
            <p>{words.testText}</p>
          </Panel>
        </div>
      </Section>
    </>
  );
}

/** Whether those in force can be used, all together. */
function Check() {
  const { data, error } = useQuery(policyCheck);
  if (error) return <Problem error={error} />;
  if (!data) return null;
  if (data.warnings.length === 0) return <Status tone="good">{words.fine}</Status>;
  return (
    <>
      <Status tone="care">{words.warnings(data.warnings.length)}</Status>
      <Problems problems={data.warnings} />
    </>
  );
}

function List({ files }: { readonly files: readonly PolicyFile[] }) {
  return (
    <Table<PolicyFile>
      caption={words.title}
      rows={files}
      rowKey={({ name }) => name}
      columns={[
        {
          key: "file",
          title: words.file,
          head: true,
          cell: ({ name }) => (
            <Link to="/administer/policies/files/$file" params={{ file: name }}>
              {name}
            </Link>
          ),
        },
        {
          key: "holds",
          title: words.holds,
          cell: ({ name, text }) => (
            <span className={styles.stack}>
              {words.count(policiesOf(name, text).length)}
              <span className={styles.faint}>
                {policiesOf(name, text)
                  .map(({ id }) => id)
                  .join(", ")}
              </span>
            </span>
          ),
        },
        {
          key: "changed",
          title: words.changed,
          cell: ({ changedAt, changedBy }) => (
            <>
              <When at={changedAt} /> {messages.common.by(changedBy)}
            </>
          ),
        },
      ]}
    />
  );
}
