/** The hub's own icons: drawn on a grid of 24, one weight, round ends. */
const PATHS = {
  search: "M10.5 17a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13ZM15.3 15.3 20 20",
  check: "M4.5 12.5 9.5 17.5 19.5 6.5",
  passed: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18ZM8 12.3l2.8 2.8L16 9.4",
  warning: "M12 3.8 21.4 20H2.6L12 3.8ZM12 10v4.4M12 17.2v.1",
  failed: "M8.2 3h7.6L21 8.2v7.6L15.8 21H8.2L3 15.8V8.2L8.2 3ZM9 9l6 6M15 9l-6 6",
  unknown: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18ZM8 12h8",
  info: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18ZM12 11v5.5M12 7.6v.1",
  waiting: "M7 3h10M7 21h10M8 3v3.6c0 2.2 4 3.6 4 5.4s-4 3.2-4 5.4V21M16 3v3.6c0 2.2-4 3.6-4 5.4s4 3.2 4 5.4V21",
  running: "M20 12a8 8 0 1 1-2.5-5.8M20 3.5V8h-4.5",
  stopped: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18ZM5.8 5.8l12.4 12.4",
  open: "M5 11h14v10H5V11ZM8 11V7.5a4 4 0 0 1 7.6-1.7",
  locked: "M5 11h14v10H5V11ZM8 11V7.5a4 4 0 0 1 8 0V11",
  key: "M8 19a4.5 4.5 0 1 0 0-9 4.5 4.5 0 0 0 0 9ZM11.2 11.3 20 3.5M16 7l3 3",
  ask: "M4 5h16v11h-8l-4.5 4v-4H4V5ZM9.8 9a2.2 2.2 0 1 1 3 2c-.6.3-.8.6-.8 1.3",
  person: "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8ZM4.5 20.5c.6-4 3.7-6 7.5-6s6.9 2 7.5 6",
  people:
    "M9 11.5a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7ZM2.5 20c.4-3.7 3-5.5 6.5-5.5s6.1 1.8 6.5 5.5M16 5a3.3 3.3 0 0 1 0 6.3M18 14.8c2.1.7 3.3 2.4 3.5 5.2",
  program: "M4 6h16v12H4V6ZM8 10l2.5 2L8 14M12.5 14.5H16",
  agent: "M6 9h12v10H6V9ZM12 9V5M12 5v-.1M9.5 13.5v.1M14.5 13.5v.1M3 13v2M21 13v2",
  product: "M12 3l8 4.5v9L12 21l-8-4.5v-9L12 3ZM4 7.5l8 4.5 8-4.5M12 12v9",
  port: "M14 7a6 6 0 1 0 0 10M11 12h9M17 9l3 3-3 3",
  table: "M4 5h16v14H4V5ZM4 10h16M10 10v9",
  column: "M9 4h6v16H9V4ZM4 6v12M20 6v12",
  document: "M6 3h8l4 4v14H6V3ZM14 3v4h4M9 12h6M9 16h6",
  file: "M6 3h8l4 4v14H6V3ZM14 3v4h4",
  generated: "M12 4v4M12 16v4M4 12h4M16 12h4M6.5 6.5l2.7 2.7M14.8 14.8l2.7 2.7M17.5 6.5l-2.7 2.7M9.2 14.8l-2.7 2.7",
  clock: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18ZM12 7v5.3l3.3 2",
  release: "M12 3v12M7.5 7.5 12 3l4.5 4.5M5 14v6h14v-6",
  history: "M4 12a8 8 0 1 0 2.5-5.8M4 4v4.5h4.5M12 8v4.3l3 1.8",
  lineage: "M3 5h6v4H3V5ZM3 15h6v4H3v-4ZM15 10h6v4h-6v-4ZM9 7c4 0 2 5 6 5M9 17c4 0 2-5 6-5",
  graph:
    "M6 8.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5ZM18 14.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5ZM7 20.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5ZM8.4 6.8l7.2 4M9.3 17.1l6.4-3.6",
  chart: "M4 20h16M6.5 20v-7M12 20V5M17.5 20v-10",
  shield: "M12 3l7.5 3v5.5c0 5-3.2 8-7.5 9.5-4.3-1.5-7.5-4.5-7.5-9.5V6L12 3Z",
  copy: "M9 9h11v11H9V9ZM15 9V4H4v11h5",
  external: "M13 4h7v7M20 4l-9 9M18 14v6H4V6h6",
  link: "M10 14a4 4 0 0 0 5.7 0l3-3a4 4 0 0 0-5.7-5.7l-1 1M14 10a4 4 0 0 0-5.7 0l-3 3a4 4 0 0 0 5.7 5.7l1-1",
  menu: "M4 7h16M4 12h16M4 17h16",
  close: "M6 6l12 12M18 6 6 18",
  plus: "M12 5v14M5 12h14",
  minus: "M5 12h14",
  right: "M9.5 5.5 16 12l-6.5 6.5",
  left: "M14.5 5.5 8 12l6.5 6.5",
  down: "M5.5 9.5 12 16l6.5-6.5",
  up: "M5.5 14.5 12 8l6.5 6.5",
  arrow: "M4 12h16M14 6l6 6-6 6",
  sun: "M12 16.5a4.5 4.5 0 1 0 0-9 4.5 4.5 0 0 0 0 9ZM12 2v2.5M12 19.5V22M2 12h2.5M19.5 12H22M5 5l1.7 1.7M17.3 17.3 19 19M19 5l-1.7 1.7M6.7 17.3 5 19",
  moon: "M20 14.5A8.5 8.5 0 1 1 9.5 4a7 7 0 0 0 10.5 10.5Z",
  system: "M3 5h18v11H3V5ZM9 20h6M12 16v4",
  keyboard: "M3 6h18v12H3V6ZM7 10v.1M10.5 10v.1M14 10v.1M17.5 10v.1M8 14.5h8",
  help: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18ZM9.5 9.5a2.5 2.5 0 1 1 3.6 2.2c-.8.4-1.1.9-1.1 1.8M12 16.8v.1",
  exit: "M10 4H4v16h6M9 12h11M16 8l4 4-4 4",
  filter: "M4 6h16M7 12h10M10 18h4",
  vote: "M12 5l7 9h-4.5v5h-5v-5H5l7-9Z",
  star: "M12 3.5l2.6 5.5 6 .8-4.4 4.2 1.1 6L12 17.1 6.7 20l1.1-6-4.4-4.2 6-.8L12 3.5Z",
  play: "M7 4.5v15l12-7.5-12-7.5Z",
  edit: "M4 20h4L19.5 8.5l-4-4L4 16v4ZM13 7l4 4",
  trash: "M4 7h16M9 7V4h6v3M6.5 7l1 13h9l1-13M10 11v5.5M14 11v5.5",
  download: "M12 4v11M7.5 11 12 15.5 16.5 11M5 20h14",
  settings:
    "M4 7h9M17 7h3M15 9.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5ZM4 17h3M11 17h9M9 19.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5Z",
  pin: "M12 21s7-6.2 7-11.5a7 7 0 1 0-14 0C5 14.8 12 21 12 21ZM12 12a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5Z",
  mail: "M3 5.5h18v13H3v-13ZM3.5 6l8.5 7 8.5-7",
  basket: "M3 9h18l-2 11H5L3 9ZM8 9l3-5.5M16 9l-3-5.5",
  fit: "M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5",
} as const;

export type IconName = keyof typeof PATHS;

/** Every icon there is, for the gallery. */
export const ICONS = Object.keys(PATHS) as IconName[];

interface Props {
  readonly name: IconName;
  /** In pixels. */
  readonly size?: number;
  /** What it says, where no word beside it does. */
  readonly label?: string;
  readonly className?: string | undefined;
}

export function Icon({ name, size = 18, label, className }: Props) {
  const spoken = label ? ({ role: "img", "aria-label": label } as const) : ({ "aria-hidden": true } as const);
  return (
    // biome-ignore lint/a11y/noSvgWithoutTitle: it has a label, or is hidden from who hears the page
    <svg
      {...spoken}
      className={className}
      width={size}
      height={size}
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      strokeWidth={1.8}
      strokeLinecap="round"
      strokeLinejoin="round"
    >
      <path d={PATHS[name]} />
    </svg>
  );
}
