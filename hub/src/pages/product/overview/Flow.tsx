import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { type ReactNode, useRef } from "react";

import { consumers } from "../../../api/queries";
import type { PageInput } from "../../../api/types";
import { Icon, type IconName } from "../../../design";
import { classes } from "../../../design/classes";
import { productMessages } from "../../../messages/en/product";
import { useProduct } from "../useProduct";
import styles from "./Flow.module.css";
import { useWires } from "./useWires";

const words = productMessages.overview.flow;

/** Boxes of one column before the rest is only counted. */
const MOST = 6;

/** Inputs, the product, its ports and who reads them: drawn, and read in that order. */
export function Flow() {
  const product = useProduct();
  const frame = useRef<HTMLDivElement>(null);
  const path = useWires(frame);
  return (
    <div className={styles.flow} ref={frame}>
      <svg className={styles.wires} aria-hidden>
        <path d={path} />
      </svg>
      <Column title={words.inputs} none={words.noInputs} boxes={inputs(product.inputs)} />
      <Column
        title={words.product}
        boxes={[
          <Box key="product" icon="product" here>
            {product.title ?? product.name}
          </Box>,
        ]}
      />
      <Column
        title={words.ports}
        boxes={product.outputs.map((port) => (
          <Link
            key={`${port.port}@${port.major}`}
            className={styles.box}
            data-box
            to="/products/$product/contract"
            params={{ product: product.name }}
            search={{ port: `${port.port}@${port.major}` }}
          >
            <Icon name="port" size={16} />
            {port.port}
            <span className={styles.detail}>
              {words.version(port.version)}, {words.tables(port.tables.length)}
            </span>
          </Link>
        ))}
      />
      <Readers />
    </div>
  );
}

function Readers() {
  const { name, use } = useProduct();
  const { data } = useQuery(consumers(name, 30));
  const downstream = (data?.downstream ?? []).map((reader) => (
    <ProductBox key={reader.product} product={reader.product} detail={reader.ports.join(", ")}>
      {reader.title ?? reader.product}
    </ProductBox>
  ));
  const people =
    use.readers > 0
      ? [
          <Link
            key="people"
            className={styles.box}
            data-box
            to="/products/$product/consumers"
            params={{ product: name }}
          >
            <Icon name="people" size={16} />
            {words.readers(use.readers, use.days)}
          </Link>,
        ]
      : [];
  return <Column title={words.consumers} none={words.noConsumers} boxes={[...downstream, ...people]} />;
}

const SOURCE: Readonly<Record<"files" | "generated", IconName>> = { files: "file", generated: "generated" };

function inputs(ports: readonly PageInput[]): ReactNode[] {
  return ports.map((input) =>
    input.product ? (
      <ProductBox key={input.port} product={input.product} detail={input.productPort}>
        {input.product}
      </ProductBox>
    ) : (
      <Box
        key={input.port}
        icon={input.source === "generated" ? SOURCE.generated : SOURCE.files}
        detail={input.source === "generated" ? words.generated : words.files}
      >
        {input.port}
      </Box>
    ),
  );
}

interface ColumnProps {
  readonly title: string;
  readonly none?: string;
  readonly boxes: readonly ReactNode[];
}

function Column({ title, none, boxes }: ColumnProps) {
  const left = boxes.length - MOST;
  return (
    <div className={styles.column} data-column>
      <h3>{title}</h3>
      {boxes.length === 0 ? <p className={styles.none}>{none}</p> : null}
      <ul>
        {boxes.slice(0, left === 1 ? MOST + 1 : MOST).map((box, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: the boxes have keys of their own
          <li key={index}>{box}</li>
        ))}
      </ul>
      {left > 1 ? <p className={styles.none}>{words.more(left)}</p> : null}
    </div>
  );
}

interface BoxProps {
  readonly icon: IconName;
  readonly detail?: string | null;
  readonly here?: boolean;
  readonly children: ReactNode;
}

function Box({ icon, detail, here, children }: BoxProps) {
  return (
    <div className={classes(styles.box, here && styles.here)} data-box>
      <Icon name={icon} size={16} />
      {children}
      {detail ? <span className={styles.detail}>{detail}</span> : null}
    </div>
  );
}

function ProductBox({
  product,
  detail,
  children,
}: {
  readonly product: string;
  readonly detail: string | null;
  readonly children: ReactNode;
}) {
  return (
    <Link className={styles.box} data-box to="/products/$product" params={{ product }}>
      <Icon name="product" size={16} />
      {children}
      {detail ? <span className={styles.detail}>{detail}</span> : null}
    </Link>
  );
}
