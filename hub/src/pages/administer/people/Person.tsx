import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";

import { ADMINISTER, type UserOrder, user as userQuery } from "../../../api/administer";
import { client, done, takeMarked } from "../../../api/client";
import { ApiError } from "../../../api/error";
import { Answer } from "../../../app/Answer";
import { useSession } from "../../../app/useSession";
import { Button, Confirm, Icon, Problem, Section, Status, useToast, When } from "../../../design";
import { administerMessages } from "../../../messages/en/administer";
import { faultsOf } from "../../../parts/schema";
import { useFaults } from "../../../parts/useFaults";
import styles from "../Administer.module.css";
import { personRoute } from "../route";
import { Changed, type Marked } from "./Changed";
import { orderOf, read } from "./order";
import { enteredOf, type Kind, PersonFields, WORDING } from "./PersonFields";

const words = administerMessages.person;
const { people } = administerMessages;

/** One of those on record. */
export function Person() {
  const { user: name } = personRoute.useParams();
  const query = useQuery({ ...userQuery(name), refetchOnWindowFocus: false, refetchOnReconnect: false });
  return <Answer query={query}>{(found) => <Known key={found.value.principal.id} name={name} found={found} />}</Answer>;
}

/** What was there when it was opened, or was saved last, is what the next change is a change of. */
function Known({ name, found }: { readonly name: string; readonly found: Marked }) {
  const [held, setHeld] = useState<Marked>(found);
  return (
    <>
      <Section
        title={
          <span className={styles.named}>
            <Icon
              name={held.value.principal.kind === "user" ? "person" : "program"}
              size={24}
              label={people.kinds[held.value.principal.kind]}
            />
            {name}
          </span>
        }
        actions={<Link to="/administer/people">{words.back}</Link>}
      >
        <p className={styles.line}>
          <Standing disabled={held.value.disabled} />
          <span className={styles.faint}>
            {people.since} <When at={held.value.createdAt} />
          </span>
        </p>
        <nav className={styles.line} aria-label={name}>
          <Link to="/administer/policies/explain" search={{ user: name }}>
            {words.explain}
          </Link>
          <Link to="/administer/tokens" search={{ owner: name }}>
            {words.tokens}
          </Link>
          <Link to="/administer/audit" search={{ user: name }}>
            {words.requests}
          </Link>
        </nav>
        {/* Fields begin with what is held; they are drawn anew where that is another. */}
        <Form key={held.mark} name={name} held={held} onHold={setHeld} />
      </Section>
      <Access name={name} held={held} onHold={setHeld} />
    </>
  );
}

function Standing({ disabled }: { readonly disabled: boolean }) {
  return disabled ? (
    <Status tone="bad" icon="stopped">
      {people.disabled}
    </Status>
  ) : (
    <Status tone="good">{people.active}</Status>
  );
}

interface Props {
  readonly name: string;
  readonly held: Marked;
  readonly onHold: (held: Marked) => void;
}

/** Puts someone on record, if they are still as they were. */
function usePut({ name, held, onHold }: Props) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ order, mark = held.mark }: { readonly order: UserOrder; readonly mark?: string | null }) =>
      takeMarked(
        client.PUT("/v1/users/{user}", {
          params: { path: { user: name }, header: mark === null ? {} : { "If-Match": mark } },
          body: order,
        }),
      ),
    onSuccess: async (now) => {
      onHold(now);
      await Promise.all(
        ["users", "groups", "tokens", "trial"].map((key) =>
          queries.invalidateQueries({ queryKey: [ADMINISTER, key], exact: key === "users" }),
        ),
      );
    },
  });
}

function Form(props: Props) {
  const { name, held, onHold } = props;
  const [kind, setKind] = useState<Kind>(held.value.principal.kind);
  const { faults, accept } = useFaults();
  const [tried, setTried] = useState<UserOrder | null>(null);
  const put = usePut(props);
  const say = useToast();
  const save = (order: UserOrder, mark?: string | null) =>
    put.mutate({ order, ...(mark !== undefined && { mark }) }, { onSuccess: () => say(words.saved(name)) });

  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = event.currentTarget;
    const [order, own] = read(enteredOf(form, kind), words.wrongLabel);
    setTried(order);
    const found = { ...faultsOf("putUser", { names: { user: name }, body: order, wording: WORDING }), ...own };
    if (accept(form, found)) save(order);
  }

  const changed = put.error instanceof ApiError && put.error.status === 412;
  return (
    <form className={styles.form} onSubmit={submit} noValidate>
      <PersonFields begin={orderOf(held.value)} kind={kind} onKind={setKind} faults={faults} known />
      {put.error && !changed ? <Problem error={put.error} /> : null}
      {changed && tried ? (
        <Changed name={name} was={held.value} onTake={onHold} onKeep={({ mark }) => save(tried, mark)} />
      ) : null}
      <div>
        <Button type="submit" kind="main" busy={put.isPending}>
          {administerMessages.common.save}
        </Button>
      </div>
    </form>
  );
}

/** Keeps someone out, lets them in, and removes them. */
function Access(props: Props) {
  const { name, held, onHold } = props;
  const { principal } = useSession();
  const [removing, setRemoving] = useState(false);
  const put = usePut(props);
  const say = useToast();
  const remove = useRemove(name);
  const { disabled } = held.value;
  const changed = put.error instanceof ApiError && put.error.status === 412;

  const turn = ({ value, mark }: Marked) =>
    put.mutate(
      { order: { ...orderOf(value), disabled: !disabled }, mark },
      { onSuccess: () => say(disabled ? words.enabled(name) : words.disabled(name)) },
    );

  return (
    <Section title={words.access} lead={words.accessLead}>
      {principal === name ? <Status tone="care">{words.self}</Status> : null}
      {put.error && !changed ? <Problem error={put.error} /> : null}
      {changed ? <Changed name={name} was={held.value} onTake={onHold} onKeep={turn} /> : null}
      <div className={styles.actions}>
        <Button icon={disabled ? "open" : "stopped"} busy={put.isPending} onClick={() => turn(held)}>
          {disabled ? words.enable : words.disable}
        </Button>
        <Button kind="danger" icon="trash" onClick={() => setRemoving(true)}>
          {words.remove}
        </Button>
      </div>
      <Confirm
        open={removing}
        onClose={() => setRemoving(false)}
        title={words.removeTitle(name)}
        verb={words.remove}
        onConfirm={() => remove.mutate()}
        busy={remove.isPending}
        error={remove.error}
      >
        <p>{words.removeText(name)}</p>
      </Confirm>
    </Section>
  );
}

function useRemove(name: string) {
  const queries = useQueryClient();
  const navigate = useNavigate();
  const say = useToast();
  return useMutation({
    mutationFn: () => done(client.DELETE("/v1/users/{user}", { params: { path: { user: name } } })),
    onSuccess: async () => {
      say(words.removed(name));
      await navigate({ to: "/administer/people" });
      await queries.invalidateQueries({ queryKey: [ADMINISTER] });
    },
  });
}
