import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";

import { overview, tasks } from "../../../api/operate";
import { Answer } from "../../../app/Answer";
import { useSession } from "../../../app/useSession";
import { useTitle } from "../../../app/useTitle";
import { buttonClass, Empty, Heading, Icon, Page, Section, Skeleton } from "../../../design";
import { operateMessages } from "../../../messages/en/operate";
import styles from "../Operate.module.css";
import { Attention } from "./Attention";
import { Products } from "./Products";
import { Past, Running } from "./Tasks";

const words = operateMessages;

/** The workspace at a glance: what needs someone first, then everything. */
export function Workspace() {
  useTitle(words.title);
  const { administrator, workspace } = useSession();
  const query = useQuery(overview);
  const begun = useQuery(tasks);
  return (
    <Page>
      <div className={styles.head}>
        <Heading title={words.title}>{words.lead(workspace)}</Heading>
        {administrator ? (
          <Link to="/operate/plan" className={buttonClass({ kind: "main" })}>
            <Icon name="plus" /> {words.planIt}
          </Link>
        ) : null}
      </div>
      <Answer query={query} skeleton={<Skeleton block lines={6} />}>
        {(products) =>
          products.length === 0 && !administrator ? (
            <Empty
              icon="running"
              title={words.nobody.title}
              actions={
                <Link to="/" className={buttonClass()}>
                  {words.nobody.find}
                </Link>
              }
            >
              {words.nobody.text}
            </Empty>
          ) : (
            <>
              <Section title={words.live.title}>
                <Answer query={begun}>
                  {(all) => <Running tasks={all.filter(({ state }) => state === "running")} />}
                </Answer>
              </Section>
              <Attention products={products} />
              <Products products={products} />
              <Section title={words.past.title} lead={words.past.lead}>
                <Answer query={begun}>
                  {(all) => <Past tasks={all.filter(({ state }) => state !== "running")} />}
                </Answer>
              </Section>
            </>
          )
        }
      </Answer>
    </Page>
  );
}
