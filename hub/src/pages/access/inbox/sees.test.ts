import { expect, test } from "vitest";

import { todayOf } from "./sees";

const verdict = { read: { allowed: true }, columns: [], rows: null };

test("what someone sees is told by column", () => {
  const columns = [
    { column: "nation", access: "clear" },
    { column: "phone", access: { masked: { kind: "first", characters: 2 } } },
    { column: "name", access: null },
  ];
  const today = todayOf({
    administrator: false,
    verdict: { ...verdict, columns, rows: { permits: [], forbids: [["a", "b"]] } },
  });
  expect(today.state).toBe("reads");
  expect(Object.fromEntries(today.columns)).toEqual({ nation: "plain", phone: "masked", name: "hidden" });
  expect(today.rowsFiltered).toBe(true);
});

test("who may not read sees nothing, and who administers everything", () => {
  expect(todayOf({ administrator: false, verdict: { ...verdict, read: { allowed: false } } })).toMatchObject({
    state: "denied",
  });
  expect(todayOf({ administrator: true, verdict }).state).toBe("administrator");
});
