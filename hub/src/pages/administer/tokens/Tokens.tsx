import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { ADMINISTER, type NewToken, type Token, tokens as tokensQuery, users } from "../../../api/administer";
import { client, done } from "../../../api/client";
import { Answer } from "../../../app/Answer";
import { useSession } from "../../../app/useSession";
import {
  Button,
  Choices,
  Confirm,
  Empty,
  Section,
  Select,
  Status,
  Table,
  type TableColumn,
  useToast,
  When,
} from "../../../design";
import { administerMessages } from "../../../messages/en/administer";
import styles from "../Administer.module.css";
import { tokensRoute } from "../route";
import { MakeToken } from "./MakeToken";
import { Secret } from "./Secret";
import { shownOf, standingOf, TONES } from "./standing";

const words = administerMessages.tokens;

/** Everyone's tokens for administrators; for others their own. */
export function Tokens() {
  const { administrator, principal } = useSession();
  const { owner = null, show = "live" } = tokensRoute.useSearch();
  const navigate = tokensRoute.useNavigate();
  const query = useQuery(tokensQuery(administrator ? owner : principal));
  const [making, setMaking] = useState(false);
  const [made, setMade] = useState<NewToken | null>(null);
  const [ending, setEnding] = useState<Token | null>(null);

  return (
    <Section
      title={administrator ? words.title : words.shows[show]}
      lead={administrator ? words.lead : undefined}
      actions={
        <Button kind="main" icon="plus" onClick={() => setMaking(true)}>
          {words.make}
        </Button>
      }
    >
      {made ? <Secret made={made} onDone={() => setMade(null)} /> : null}
      <div className={styles.filters}>
        {administrator ? <Owner owner={owner} /> : null}
        <Choices
          legend={words.show}
          value={show}
          onChange={(value) =>
            navigate({
              search: { ...(owner !== null && { owner }), ...(value !== "live" && { show: value }) },
              replace: true,
            })
          }
          options={(["live", "over", "sessions"] as const).map((value) => ({ value, label: words.shows[value] }))}
        />
      </div>
      <Answer query={query}>
        {(all) => {
          const shown = shownOf(all, show, Date.now());
          if (shown.length === 0) {
            return (
              <Empty icon="key" title={words.none[show]}>
                {words.noneText[show]}
              </Empty>
            );
          }
          return <List tokens={shown} owners={administrator && owner === null} onRevoke={setEnding} />;
        }}
      </Answer>
      <MakeToken open={making} onClose={() => setMaking(false)} onMade={setMade} />
      <Revoke token={ending} onClose={() => setEnding(null)} />
    </Section>
  );
}

/** Whose tokens are shown. */
function Owner({ owner }: { readonly owner: string | null }) {
  const { data } = useQuery(users);
  const navigate = tokensRoute.useNavigate();
  const known = (data ?? []).map(({ principal }) => principal.id);
  return (
    <Select
      label={words.owner}
      value={owner ?? ""}
      onChange={({ target }) =>
        navigate({
          search: ({ owner: _, ...rest }) => (target.value === "" ? rest : { ...rest, owner: target.value }),
          replace: true,
        })
      }
    >
      <option value="">{words.anyone}</option>
      {[...new Set([...(owner === null ? [] : [owner]), ...known])].map((name) => (
        <option key={name} value={name}>
          {name}
        </option>
      ))}
    </Select>
  );
}

interface ListProps {
  readonly tokens: readonly Token[];
  /** Whether they are of several owners. */
  readonly owners: boolean;
  readonly onRevoke: (token: Token) => void;
}

/** How people call a token: by what it is for, else by its id. */
function nameOf({ id, label }: Token): string {
  return label === "" ? id : `${label} (${id})`;
}

function List({ tokens, owners, onRevoke }: ListProps) {
  const now = Date.now();
  const owner: TableColumn<Token> = { key: "owner", title: words.owner, cell: (token) => token.owner };
  return (
    <Table<Token>
      caption={words.title}
      rows={tokens}
      rowKey={({ id }) => id}
      columns={[
        {
          key: "label",
          title: words.label,
          head: true,
          cell: ({ id, label }) => (
            <span className={styles.stack}>
              {label === "" ? <span className={styles.faint}>{words.noLabel}</span> : label}
              <code>{id}</code>
            </span>
          ),
        },
        ...(owners ? [owner] : []),
        {
          key: "scope",
          title: words.scope,
          cell: ({ scope: { doors, products } }) => (
            <span className={styles.stack}>
              {doors ? words.doors(doors) : words.allDoors}
              {products ? <span className={styles.faint}>{words.products(products)}</span> : null}
            </span>
          ),
        },
        {
          key: "used",
          title: words.lastUsed,
          cell: ({ lastUsedAt }) =>
            lastUsedAt === null ? (
              <span className={styles.faint}>{administerMessages.common.never}</span>
            ) : (
              <When at={lastUsedAt} />
            ),
        },
        {
          key: "state",
          title: words.state,
          cell: (token) => {
            const standing = standingOf(token, now);
            return <Status tone={TONES[standing]}>{words.states[standing]}</Status>;
          },
        },
        { key: "expires", title: words.expires, cell: (token) => <When at={token.revokedAt ?? token.expiresAt} /> },
        { key: "created", title: words.created, cell: ({ createdAt }) => <When at={createdAt} /> },
        {
          key: "revoke",
          title: <span className="unseen">{words.revoke}</span>,
          cell: (token) =>
            ["live", "ending"].includes(standingOf(token, now)) ? (
              <Button small kind="danger" onClick={() => onRevoke(token)}>
                {words.revoke}
                <span className="unseen"> {nameOf(token)}</span>
              </Button>
            ) : null,
        },
      ]}
    />
  );
}

/** Asks once more, and revokes it. */
function Revoke({ token, onClose }: { readonly token: Token | null; readonly onClose: () => void }) {
  const queries = useQueryClient();
  const say = useToast();
  const revoke = useMutation({
    mutationFn: (id: string) => done(client.DELETE("/v1/tokens/{token}", { params: { path: { token: id } } })),
    onSuccess: async () => {
      onClose();
      say(words.revoked);
      await queries.invalidateQueries({ queryKey: [ADMINISTER, "tokens"] });
    },
  });
  const close = () => {
    revoke.reset();
    onClose();
  };
  return (
    <Confirm
      open={token !== null}
      onClose={close}
      title={words.revokeTitle}
      verb={words.revoke}
      onConfirm={() => token && revoke.mutate(token.id)}
      busy={revoke.isPending}
      error={revoke.error}
    >
      {token ? <p>{words.revokeText(nameOf(token))}</p> : null}
    </Confirm>
  );
}
