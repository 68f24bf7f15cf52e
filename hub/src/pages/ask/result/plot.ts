/** A chart in the style of DESIGN.md, drawn by ECharts on a canvas: nothing of it is an inline style. */
import { BarChart, LineChart, ScatterChart } from "echarts/charts";
import { GridComponent, TooltipComponent } from "echarts/components";
import { type EChartsCoreOption, init, use } from "echarts/core";
import { LabelLayout } from "echarts/features";
import { CanvasRenderer } from "echarts/renderers";

import { compact, number } from "../../../messages/format";
import type { Drawing } from "./chart";

use([BarChart, LineChart, ScatterChart, GridComponent, TooltipComponent, LabelLayout, CanvasRenderer]);

interface Colours {
  readonly ink: string;
  readonly ink2: string;
  readonly ink3: string;
  readonly rule: string;
  readonly edge: string;
  readonly sheet: string;
  readonly series: readonly string[];
  readonly sans: string;
}

export interface Plot {
  readonly draw: (drawing: Drawing) => void;
  readonly close: () => void;
}

export function plotIn(element: HTMLElement): Plot {
  const chart = init(element, null, { renderer: "canvas" });
  const resized = new ResizeObserver(() => chart.resize());
  resized.observe(element);
  return {
    draw: (drawing) => chart.setOption(optionOf(drawing, coloursAt(element), element.clientWidth), true),
    close: () => {
      resized.disconnect();
      chart.dispose();
    },
  };
}

/** Custom properties as colours: a canvas knows neither of them nor of `light-dark()`. */
function coloursAt(element: HTMLElement): Colours {
  const probe = document.createElement("span");
  element.append(probe);
  const colour = (name: string) => {
    probe.style.color = `var(${name})`;
    return getComputedStyle(probe).color;
  };
  const found = {
    ink: colour("--ink"),
    ink2: colour("--ink-2"),
    ink3: colour("--ink-3"),
    rule: colour("--rule"),
    edge: colour("--edge"),
    sheet: colour("--sheet"),
    series: [1, 2, 3, 4, 5, 6].map((place) => colour(`--series-${place}`)),
    sans: getComputedStyle(element).fontFamily,
  };
  probe.remove();
  return found;
}

function optionOf({ form, axis, series, along }: Drawing, colours: Colours, width: number): EChartsCoreOption {
  const text = { color: colours.ink2, fontFamily: colours.sans, fontSize: 13 };
  const many = (series[0]?.points.length ?? 0) > 8;
  // Many names are read one under the other.
  const lying = form === "bars" && (many || width < 480);
  const labels = form === "line" && series.length > 1;
  const figures = {
    type: "value",
    min: form === "points" ? "dataMin" : (extent: { min: number }) => Math.min(0, extent.min),
    scale: form === "points",
    splitNumber: 2,
    axisLine: { show: form === "points", lineStyle: { color: colours.edge } },
    axisTick: { show: false },
    axisLabel: { ...text, formatter: (value: number) => compact(value) },
    splitLine: { lineStyle: { color: colours.rule } },
  };
  const main = {
    type: axis === "names" ? "category" : axis === "time" ? "time" : "value",
    scale: axis === "number",
    inverse: lying,
    name: lying ? undefined : along,
    nameLocation: "middle",
    nameGap: 32,
    nameTextStyle: text,
    axisLine: { lineStyle: { color: colours.edge } },
    axisTick: { show: false },
    splitLine: { show: false },
    axisLabel: {
      ...text,
      hideOverlap: true,
      interval: lying ? 0 : "auto",
      width: lying ? Math.min(180, width * 0.35) : undefined,
      overflow: "truncate",
      ...(axis === "number" && {
        formatter: (value: number) =>
          Number.isInteger(value) && Math.abs(value) < 10_000 ? String(value) : compact(value),
      }),
    },
  };
  return {
    animation: false,
    color: [...colours.series],
    textStyle: text,
    grid: {
      left: 8,
      right: labels ? Math.min(150, width * 0.25) : 24,
      top: 20,
      bottom: lying ? 8 : 40,
      outerBoundsMode: "same",
      outerBoundsContain: "axisLabel",
    },
    tooltip: {
      renderMode: "richText",
      trigger: form === "points" ? "item" : "axis",
      backgroundColor: colours.sheet,
      borderColor: colours.rule,
      textStyle: { ...text, color: colours.ink },
      valueFormatter: (value: unknown) => (typeof value === "number" ? number(value) : "–"),
    },
    xAxis: lying ? figures : main,
    yAxis: lying ? main : form === "points" ? { ...figures, min: undefined } : figures,
    series: series.map(({ name, points }) => ({
      name,
      type: form === "bars" ? "bar" : form === "line" ? "line" : "scatter",
      data: axis === "names" ? points.map(([key, value]) => (lying ? [value, key] : [key, value])) : points,
      symbol: form === "line" && points.length > 40 ? "none" : "circle",
      symbolSize: form === "points" ? 7 : 5,
      barMaxWidth: 44,
      barGap: "10%",
      large: form === "points" && points.length > 2_000,
      itemStyle: form === "points" ? { opacity: 0.65 } : {},
      lineStyle: { width: 2.25 },
      endLabel: {
        show: labels,
        formatter: "{a}",
        color: "inherit",
        fontFamily: colours.sans,
        fontSize: 13,
        fontWeight: 600,
        distance: 8,
      },
      labelLayout: labels ? { moveOverlap: "shiftY" } : {},
      emphasis: { disabled: true },
    })),
  };
}
