/** The parts of the design system. What each is for: DESIGN.md; how each looks: the page `/hub/gallery`. */
export { Button, type ButtonKind, buttonClass, IconButton } from "./Button";
export { type Bar, Bars, type Part, Share } from "./Chart";
export { Code, CopyButton } from "./Code";
export { Confirm } from "./Confirm";
export { classes } from "./classes";
export { Dialog } from "./Dialog";
export { Checkbox, Choices, Select, TextArea, TextField } from "./Field";
export { ICONS, Icon, type IconName } from "./Icon";
export { Facts, Heading, More, Page, Panel, Section } from "./Layout";
export { Prose } from "./Prose";
export { Status, Tag, type Tone } from "./Status";
export { Table, type TableColumn } from "./Table";
export { Tabs, tab } from "./Tabs";
export { type Say, ToastProvider, useToast } from "./Toasts";
export { useCombobox } from "./useCombobox";
export { Empty, Problem, Skeleton } from "./Wait";
export { When } from "./When";
