import { memo, type ReactNode, useState } from "react";

import { ApiError } from "../../api/error";
import { useTitle } from "../../app/useTitle";
import {
  Bars,
  Button,
  Checkbox,
  Choices,
  Code,
  Dialog,
  Empty,
  Facts,
  Heading,
  ICONS,
  Icon,
  IconButton,
  More,
  Page,
  Panel,
  Problem,
  Section,
  Select,
  Share,
  Skeleton,
  Status,
  Table,
  Tag,
  TextArea,
  TextField,
  type Tone,
  useToast,
} from "../../design";
import { LongCell, LongHead, LongRow, LongTable } from "../../design/LongTable";
import { galleryMessages } from "../../messages/en/gallery";
import { number } from "../../messages/format";
import styles from "./GalleryPage.module.css";

const words = galleryMessages;

/** All of the design system on one page: to look at, to compare in both appearances, and for the journeys to check. */
export function GalleryPage() {
  useTitle(words.title);
  return (
    <Page>
      <Heading title={words.title}>{words.lead}</Heading>
      <Type />
      <Ground />
      <Statuses />
      <Space />
      <Buttons />
      <Fields />
      <Data />
      <States />
      <Overlays />
      <Icons />
    </Page>
  );
}

const SIZES = ["3xl", "2xl", "xl", "l", "m", "s", "xs"] as const;

function Type() {
  return (
    <Section title={words.type} lead={words.typeLead}>
      <ul className={styles.scale}>
        {SIZES.map((size, index) => (
          <li key={size}>
            <code>--text-{size}</code>
            <span
              style={{
                fontSize: `var(--text-${size})`,
                fontFamily: index < 3 ? "var(--serif)" : undefined,
                lineHeight: 1.2,
              }}
            >
              {words.sample}
            </span>
          </li>
        ))}
        <li>
          <code>--mono</code>
          <code style={{ fontSize: "var(--text-s)" }}>SELECT region, count(*) FROM customer_360.customers</code>
        </li>
      </ul>
    </Section>
  );
}

const GROUND = ["paper", "sheet", "water", "rule", "edge", "ink", "ink-2", "ink-3", "deep", "mark"] as const;

function Ground() {
  return (
    <Section title={words.ground} lead={words.groundLead}>
      <Swatches names={GROUND} />
    </Section>
  );
}

function Swatches({ names }: { readonly names: readonly string[] }) {
  return (
    <ul className={styles.swatches}>
      {names.map((name) => (
        <li key={name} className={styles.swatch}>
          <span style={{ background: `var(--${name})` }} />
          <code>--{name}</code>
        </li>
      ))}
    </ul>
  );
}

const TONES = Object.keys(words.tones) as Tone[];

function Statuses() {
  return (
    <Section title={words.status} lead={words.statusLead}>
      <div className={styles.row}>
        {TONES.map((tone) => (
          <Status key={tone} tone={tone}>
            {words.tones[tone]}
          </Status>
        ))}
      </div>
      <div className={styles.row}>
        {TONES.map((tone) => (
          <Status key={tone} boxed tone={tone}>
            {words.tones[tone]}
          </Status>
        ))}
        <Tag icon="person">{words.tag}</Tag>
      </div>
    </Section>
  );
}

function Space() {
  return (
    <Section title={words.space}>
      <div className={styles.spaces}>
        {[1, 2, 3, 4, 5, 6, 7, 8].map((step) => (
          <div key={step}>
            <span style={{ width: `var(--s${step})`, height: `var(--s${step})` }} />
            <code>--s{step}</code>
          </div>
        ))}
      </div>
    </Section>
  );
}

function Buttons() {
  const { button } = words;
  return (
    <Section title={words.buttons} lead={words.buttonsLead}>
      <div className={styles.row}>
        <Button kind="main" icon="key">
          {button.main}
        </Button>
        <Button>{button.normal}</Button>
        <Button kind="quiet">{button.quiet}</Button>
        <Button kind="danger" icon="trash">
          {button.danger}
        </Button>
        <Button busy>{button.busy}</Button>
        <Button disabled>{button.off}</Button>
        <IconButton icon="settings" label={button.icon} />
      </div>
      <div className={styles.row}>
        <Button small kind="main">
          {button.main}
        </Button>
        <Button small>{button.normal}</Button>
        <Button small kind="quiet">
          {button.quiet}
        </Button>
      </div>
    </Section>
  );
}

function Fields() {
  const { field } = words;
  const [rating, setRating] = useState<number | null>(4);
  return (
    <Section title={words.fields}>
      <div className={styles.columns}>
        <TextField label={field.label} hint={field.hint} />
        <TextField label={field.wrong} defaultValue={field.value} fault={field.fault} />
        <TextArea label={field.text} optional />
        <div>
          <Select label={field.select}>
            {field.options.map((option) => (
              <option key={option}>{option}</option>
            ))}
          </Select>
          <Checkbox label={field.check} count={7} defaultChecked />
          <Choices
            legend={field.choice}
            value={rating}
            onChange={setRating}
            options={[1, 2, 3, 4, 5].map((value) => ({ value, label: value }))}
          />
        </div>
      </div>
    </Section>
  );
}

const TREND = [
  2, 4, 3, 9, 12, 8, 5, 14, 18, 17, 21, 19, 9, 7, 22, 26, 24, 28, 25, 13, 11, 29, 31, 33, 30, 35, 18, 16, 38, 41,
];

function Data() {
  return (
    <>
      <Section title={words.table} lead={words.tableLead}>
        <Table
          caption={words.table}
          rows={words.rows}
          rowKey={(row) => row.name}
          columns={[
            { key: "name", title: words.columns.name, head: true, cell: (row) => <code>{row.name}</code> },
            { key: "meaning", title: words.columns.meaning, cell: (row) => row.meaning },
            { key: "rows", title: words.columns.rows, number: true, cell: (row) => number(row.rows) },
          ]}
        />
        <Facts facts={words.facts} />
      </Section>
      <Section title={words.longTable} lead={words.longTableLead}>
        <LongTable
          caption={words.longTable}
          count={10_000}
          rowHeight={36}
          className={styles.long}
          head={
            <>
              <LongHead>{words.columns.name}</LongHead>
              <LongHead number>{words.place}</LongHead>
            </>
          }
          row={(place) => <Long key={place} place={place} />}
        />
      </Section>
      <Section title={words.chart} lead={words.chartLead}>
        <Panel>
          <Bars
            summary={words.chartSummary}
            from={words.from}
            to={words.to}
            bars={TREND.map((value, index) => ({ key: String(index), title: words.chartTitle(index + 1), value }))}
          />
        </Panel>
        <Share
          parts={[
            { key: "good", value: 31, colour: "--good" },
            { key: "care", value: 4, colour: "--care" },
            { key: "bad", value: 2, colour: "--bad" },
          ]}
        />
        <Swatches names={["series-1", "series-2", "series-3", "series-4", "series-5", "series-6"]} />
      </Section>
      <Section title={words.code}>
        <Code
          title={words.codeTitle}
          text={
            'psql "host=127.0.0.1 port=5439 user=ann dbname=dev" \\\n  -c "SELECT * FROM customer_360.customers LIMIT 5"'
          }
        />
      </Section>
    </>
  );
}

const PROBLEM = new ApiError(
  403,
  "forbidden",
  words.problem,
  words.problem,
  words.problemHelp,
  "0197c5d2-1f6a-7c40-a6b1-2f9f0f4d7a11",
  {},
);

function States() {
  return (
    <Section title={words.states}>
      <div className={styles.columns}>
        <Empty icon="ask" title={words.empty.title} actions={<Button kind="main">{words.empty.action}</Button>}>
          {words.empty.text}
        </Empty>
        <Skeleton still lines={5} />
      </div>
      <Problem error={PROBLEM} retry={() => {}} />
      <More summary={words.more}>
        <p>{words.moreText}</p>
      </More>
    </Section>
  );
}

function Overlays() {
  const say = useToast();
  const [open, setOpen] = useState(false);
  return (
    <Section title={words.overlays}>
      <div className={styles.row}>
        <Button onClick={() => setOpen(true)}>{words.dialog}</Button>
        <Button onClick={() => say(words.toastText)}>{words.toast}</Button>
      </div>
      <Dialog open={open} onClose={() => setOpen(false)} title={words.dialog}>
        <p>{words.dialogText}</p>
      </Dialog>
    </Section>
  );
}

function Icons(): ReactNode {
  return (
    <Section title={words.icons}>
      <ul className={styles.icons}>
        {ICONS.map((icon) => (
          <li key={icon}>
            <Icon name={icon} size={24} />
            {icon}
          </li>
        ))}
      </ul>
    </Section>
  );
}

const Long = memo(function Long({ place }: { readonly place: number }) {
  return (
    <LongRow place={place}>
      <LongCell head>
        <code>{words.rows[place % words.rows.length]?.name}</code>
      </LongCell>
      <LongCell number>{number(place + 1)}</LongCell>
    </LongRow>
  );
});
