import { useInfiniteQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";

import { feedback } from "../../../api/queries";
import type { Feedback as Item } from "../../../api/types";
import { Answer } from "../../../app/Answer";
import { Button, Choices, Dialog, Empty, Section, Tag, When } from "../../../design";
import { messages } from "../../../messages";
import { productMessages } from "../../../messages/en/product";
import { useProduct } from "../useProduct";
import styles from "./Feedback.module.css";
import { aboutWords, State, Vote } from "./parts";
import { Ratings } from "./Ratings";
import { Thread } from "./Thread";
import { Write } from "./Write";

const words = productMessages.feedback;

/** What people ask and say of the product, and how content they are with it. */
export function Feedback() {
  const { thread } = useSearch({ from: "/shell/products/$product/feedback" });
  return thread ? <Thread id={thread} /> : <All />;
}

function All() {
  const { name } = useProduct();
  const { about, show } = useSearch({ from: "/shell/products/$product/feedback" });
  const navigate = useNavigate();
  const [writing, setWriting] = useState(about !== undefined);
  const query = useInfiniteQuery(feedback(name));
  const items = (query.data?.pages ?? []).flatMap(({ page }) => page);
  const shown = show === "open" ? items.filter(({ state }) => state === "open" || state === "planned") : items;

  return (
    <Section
      title={words.title}
      lead={words.lead}
      actions={
        <Button kind="main" icon="edit" onClick={() => setWriting(true)}>
          {words.new}
        </Button>
      }
    >
      <div className={styles.body}>
        <Answer query={query}>
          {() =>
            items.length === 0 ? (
              <Empty icon="ask" title={words.none.title}>
                {words.none.text}
              </Empty>
            ) : (
              <div>
                <Choices
                  hideLegend
                  legend={words.filter}
                  value={show ?? "all"}
                  onChange={(wanted) =>
                    void navigate({
                      to: "/products/$product/feedback",
                      params: { product: name },
                      search: wanted === "open" ? { show: "open" } : {},
                      replace: true,
                      resetScroll: false,
                    })
                  }
                  options={[
                    { value: "all", label: words.all },
                    { value: "open", label: words.openOnly },
                  ]}
                />
                <ul>
                  {shown.map((item) => (
                    <Line key={item.id} item={item} />
                  ))}
                </ul>
                {query.hasNextPage ? (
                  <Button busy={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
                    {messages.common.more}
                  </Button>
                ) : null}
              </div>
            )
          }
        </Answer>
        <Ratings />
      </div>
      <Dialog open={writing} onClose={() => setWriting(false)} title={words.new}>
        <Write about={about ?? ""} onDone={() => setWriting(false)} />
      </Dialog>
    </Section>
  );
}

function Line({ item }: { readonly item: Item }) {
  return (
    <li className={styles.item}>
      <Vote item={item} />
      <div className={styles.content}>
        <h3>
          <Link to="/products/$product/feedback" params={{ product: item.product }} search={{ thread: item.id }}>
            {item.title}
          </Link>
        </h3>
        <div className={styles.meta}>
          <State state={item.state} />
          <Tag>{words.kind[item.kind]}</Tag>
          {item.table ? <span>{aboutWords(item)}</span> : null}
          <span>
            {messages.common.by(item.author)}, <When at={item.createdAt} />
          </span>
          <span>{words.replies(item.replyCount)}</span>
          {item.assignee ? (
            <span>
              {words.assignee} {item.assignee}
            </span>
          ) : null}
        </div>
      </div>
    </li>
  );
}
