import { useMemo } from "react";

import { Button, Checkbox, Select } from "../../design";
import { messages } from "../../messages";
import { estateMessages } from "../../messages/en/estate";
import { type Model, UNSAID } from "./model";
import { alignmentName, domainName, statusName } from "./names";
import { type Value, valuesOf } from "./narrow";
import styles from "./Products.module.css";
import { type EstateFilters, filtered, isFiltered } from "./search";
import { useEstateSearch } from "./useEstateSearch";

const words = estateMessages.filters;

type Facet = "domain" | "alignment" | "status" | "quality";

const FACETS: readonly Facet[] = ["domain", "alignment", "status", "quality"];

/** Which products are shown. */
export function Filters({ model }: { readonly model: Model }) {
  const { search, go } = useEstateSearch();
  const values = useMemo(
    (): Readonly<Record<Facet, readonly Value[]>> => ({
      domain: valuesOf(model, ({ domain }) => domain),
      alignment: valuesOf(model, ({ alignment }) => alignment),
      status: valuesOf(model, ({ status }) => status),
      quality: valuesOf(model, (_, index) => model.quality[index] ?? null),
    }),
    [model],
  );
  const choose = (change: Parameters<typeof filtered>[1]) => go((before) => filtered(before, change));
  return (
    <>
      {FACETS.map((facet) => (
        <Select
          key={facet}
          label={words[facet]}
          value={search[facet] ?? ""}
          onChange={({ target }) =>
            choose({ [facet]: target.value === "" ? undefined : target.value } as EstateFilters)
          }
        >
          <option value="">{words.every[facet]}</option>
          {withChosen(values[facet], search[facet]).map(({ value, count }) => (
            <option key={value} value={value}>
              {words.option(nameOf(facet, value), count)}
            </option>
          ))}
        </Select>
      ))}
      {isFiltered(search) ? (
        <div className={styles.near}>
          <Checkbox
            label={words.near}
            checked={search.near === "yes"}
            onChange={({ target }) => choose({ near: target.checked ? "yes" : undefined })}
          />
          <Button
            small
            kind="quiet"
            icon="close"
            onClick={() =>
              choose({
                domain: undefined,
                alignment: undefined,
                status: undefined,
                quality: undefined,
                near: undefined,
              })
            }
          >
            {words.clear}
          </Button>
        </div>
      ) : null}
    </>
  );
}

/** What an address says is among the values, even where no product has it. */
function withChosen(values: readonly Value[], chosen: string | undefined): readonly Value[] {
  if (chosen === undefined || values.some(({ value }) => value === chosen)) return values;
  return [...values, { value: chosen, count: 0 }];
}

function nameOf(facet: Facet, value: string): string {
  switch (facet) {
    case "domain":
      return domainName(value);
    case "status":
      return statusName(value);
    case "alignment":
      return value === UNSAID
        ? alignmentName(null)
        : ((messages.words.alignment as Record<string, string>)[value] ?? value);
    case "quality":
      return (messages.words.quality as Record<string, string>)[value] ?? value;
  }
}
