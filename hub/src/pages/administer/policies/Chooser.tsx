import { useQuery } from "@tanstack/react-query";

import { product as productQuery, products } from "../../../api/queries";
import { Select } from "../../../design";
import { administerMessages } from "../../../messages/en/administer";

const words = administerMessages.explain;

interface Props {
  readonly product: string;
  readonly table: string;
  readonly onChange: (product: string, table: string) => void;
}

/** A table of a product. */
export function TableChooser({ product, table, onChange }: Props) {
  const all = useQuery(products);
  const { data } = useQuery({ ...productQuery(product), enabled: product !== "" });
  const tables = [...new Set((data?.outputs ?? []).flatMap((port) => port.tables.map(({ name }) => name)))];
  return (
    <>
      <Select label={words.product} value={product} onChange={({ target }) => onChange(target.value, "")}>
        <option value="">{words.choose}</option>
        {(all.data ?? []).map(({ name, title }) => (
          <option key={name} value={name}>
            {title ?? name}
          </option>
        ))}
      </Select>
      <Select
        label={words.table}
        value={table}
        disabled={tables.length === 0}
        onChange={({ target }) => onChange(product, target.value)}
      >
        <option value="">{words.choose}</option>
        {tables.map((name) => (
          <option key={name} value={name}>
            {name}
          </option>
        ))}
      </Select>
    </>
  );
}
