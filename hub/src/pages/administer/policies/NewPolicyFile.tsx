import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";

import { ADMINISTER } from "../../../api/administer";
import { client, take } from "../../../api/client";
import { ApiError } from "../../../api/error";
import { Section, useToast } from "../../../design";
import { administerMessages } from "../../../messages/en/administer";
import { PolicyEditor } from "./PolicyEditor";

const words = administerMessages.policy;

/** A policy file that is not there yet. */
export function NewPolicyFile() {
  const queries = useQueryClient();
  const navigate = useNavigate();
  const say = useToast();
  const put = useMutation({
    mutationFn: ({ name, text }: { readonly name: string; readonly text: string }) =>
      take(
        client.PUT("/v1/policies/{policies}", {
          params: { path: { policies: name }, header: { "If-None-Match": "*" } },
          body: { text },
        }),
      ),
    onSuccess: async (_done, { name }) => {
      say(words.edited(name));
      await queries.invalidateQueries({ queryKey: [ADMINISTER] });
      await navigate({ to: "/administer/policies/files/$file", params: { file: name } });
    },
  });
  const taken = put.error instanceof ApiError && put.error.status === 412;
  return (
    <Section title={words.newTitle} lead={words.newLead} actions={<Link to="/administer/policies">{words.back}</Link>}>
      <PolicyEditor
        name={null}
        text=""
        onPut={(name, text) => put.mutate({ name, text })}
        putting={put.isPending}
        error={taken ? null : put.error}
        nameFault={taken ? words.taken : undefined}
        onCancel={() => navigate({ to: "/administer/policies" })}
      />
    </Section>
  );
}
