import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";

import { ADMINISTER, type PolicyFile as File, policyFile } from "../../../api/administer";
import { client, done, take } from "../../../api/client";
import { ApiError } from "../../../api/error";
import { Answer } from "../../../app/Answer";
import { Button, buttonClass, Confirm, Icon, Panel, Section, Status, useToast, When } from "../../../design";
import { messages } from "../../../messages";
import { administerMessages } from "../../../messages/en/administer";
import styles from "../Administer.module.css";
import { policyFileRoute } from "../route";
import { Cedar } from "./Cedar";
import { PolicyEditor } from "./PolicyEditor";

const words = administerMessages.policy;
const { common } = administerMessages;

interface Marked {
  readonly value: File;
  readonly mark: string | null;
}

/** One policy file: what it says, and, where that is wanted, what it is to say. */
export function PolicyFile() {
  const { file } = policyFileRoute.useParams();
  const { edit } = policyFileRoute.useSearch();
  const query = useQuery({ ...policyFile(file), refetchOnWindowFocus: false, refetchOnReconnect: false });
  return (
    <Section title={<code>{file}</code>} actions={<Link to="/administer/policies">{words.back}</Link>}>
      <Answer query={query}>
        {(found) => (edit ? <Edit found={found} onSaved={() => query.refetch()} /> : <Shown found={found} />)}
      </Answer>
    </Section>
  );
}

function Shown({ found: { value } }: { readonly found: Marked }) {
  const [removing, setRemoving] = useState(false);
  const remove = useRemove(value.name);
  return (
    <>
      <p className={styles.line}>
        <span className={styles.faint}>
          {administerMessages.policies.changed} <When at={value.changedAt} /> {messages.common.by(value.changedBy)}
        </span>
      </p>
      <Cedar title={value.name} text={value.text} />
      <div className={styles.actions}>
        <Link
          to="/administer/policies/files/$file"
          params={{ file: value.name }}
          search={{ edit: "yes" }}
          className={buttonClass({ kind: "main" })}
        >
          <Icon name="edit" /> {common.edit}
        </Link>
        <Button kind="danger" icon="trash" onClick={() => setRemoving(true)}>
          {common.remove}
        </Button>
      </div>
      <Confirm
        open={removing}
        onClose={() => setRemoving(false)}
        title={words.removeTitle(value.name)}
        verb={common.remove}
        onConfirm={() => remove.mutate()}
        busy={remove.isPending}
        error={remove.error}
      >
        <p>{words.removeText}</p>
      </Confirm>
    </>
  );
}

function useRemove(name: string) {
  const queries = useQueryClient();
  const navigate = useNavigate();
  const say = useToast();
  return useMutation({
    mutationFn: () => done(client.DELETE("/v1/policies/{policies}", { params: { path: { policies: name } } })),
    onSuccess: async () => {
      say(words.removed(name));
      await navigate({ to: "/administer/policies" });
      await queries.invalidateQueries({ queryKey: [ADMINISTER] });
    },
  });
}

/** What was there when it was opened is what the change is a change of. */
function Edit({ found, onSaved }: { readonly found: Marked; readonly onSaved: () => unknown }) {
  const [{ value, mark }, setHeld] = useState(found);
  const [tried, setTried] = useState(value.text);
  const queries = useQueryClient();
  const navigate = policyFileRoute.useNavigate();
  const say = useToast();
  const put = useMutation({
    mutationFn: ({ text, over }: { readonly text: string; readonly over: string | null }) =>
      take(
        client.PUT("/v1/policies/{policies}", {
          params: { path: { policies: value.name }, header: over === null ? {} : { "If-Match": over } },
          body: { text },
        }),
      ),
    onSuccess: async () => {
      say(words.edited(value.name));
      await onSaved();
      await navigate({ search: {} });
      await queries.invalidateQueries({ queryKey: [ADMINISTER, "policies"], exact: true });
      await queries.invalidateQueries({ queryKey: [ADMINISTER, "trial"] });
    },
  });
  const changed = put.error instanceof ApiError && put.error.status === 412;
  return (
    <PolicyEditor
      key={mark}
      name={value.name}
      text={value.text}
      onPut={(_name, text) => {
        setTried(text);
        put.mutate({ text, over: mark });
      }}
      putting={put.isPending}
      error={changed ? null : put.error}
      onCancel={() => navigate({ search: {} })}
    >
      {changed ? (
        <Changed
          name={value.name}
          onTake={(now) => {
            put.reset();
            setHeld(now);
          }}
          onKeep={(now) => put.mutate({ text: tried, over: now.mark })}
        />
      ) : null}
    </PolicyEditor>
  );
}

interface ChangedProps {
  readonly name: string;
  readonly onTake: (now: Marked) => void;
  readonly onKeep: (now: Marked) => void;
}

/** Someone else was faster: what they put, and both ways on. */
function Changed({ name, onTake, onKeep }: ChangedProps) {
  const query = useQuery({ ...policyFile(name), queryKey: [...policyFile(name).queryKey, "now"] });
  const gone = query.error instanceof ApiError && query.error.missing;
  return (
    <Panel className={styles.changed} role="alert">
      <Status tone="care">{common.changedTitle(name)}</Status>
      {gone ? (
        <p>{common.changedGone}</p>
      ) : (
        <>
          <p>{common.changedText}</p>
          <Answer query={query}>
            {(now) => (
              <>
                <p className={styles.faint}>
                  <When at={now.value.changedAt} /> {messages.common.by(now.value.changedBy)}
                </p>
                <Cedar title={common.is} text={now.value.text} />
                <div className={styles.actions}>
                  <Button onClick={() => onTake(now)}>{common.takeTheirs}</Button>
                  <Button kind="danger" onClick={() => onKeep(now)}>
                    {common.keepMine}
                  </Button>
                </div>
              </>
            )}
          </Answer>
        </>
      )}
    </Panel>
  );
}
