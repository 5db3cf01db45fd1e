/** The learning curve of a trial: one panel for each family of metrics ("accuracy", "loss"), over the steps. */
import { formatNumber } from "../i18n/numbers";
import { seriesLook, traceFrom, type Figure, type JsonObject, type Skeleton, type Table } from "./figure";

/** What /curve.json answers: columns of equal length; null stands for what was not a number. */
export interface Curve {
  steps: number[];
  metrics: Record<string, (number | null)[]>;
}

/** "val_accuracy" and "train_accuracy" share a panel; so do all losses. */
function familyOf(metric: string): string {
  return metric.split("_").at(-1) ?? metric;
}

export function toFigure(curve: Curve, skeleton: Skeleton): Figure {
  const families = [...new Set(Object.keys(curve.metrics).map(familyOf))].sort();
  const layout: JsonObject = { ...skeleton.layout };
  const height = 1 / Math.max(1, families.length);
  families.forEach((family, index) => {
    const top = 1 - index * height;
    const gap = index === families.length - 1 ? 0 : 0.08;
    layout[index === 0 ? "yaxis" : `yaxis${index + 1}`] = { title: { text: family }, domain: [top - height + gap, top] };
  });
  const bottom = families.length > 1 ? `y${families.length}` : "y";
  layout.xaxis = { ...(skeleton.layout.xaxis as JsonObject), anchor: bottom };
  const data = Object.entries(curve.metrics).map(([metric, values], index) => {
    const panel = families.indexOf(familyOf(metric));
    const { color, dash } = seriesLook(index);
    return traceFrom(skeleton.traces.metric, {
      x: curve.steps,
      y: values,
      name: metric.replaceAll("_", " "),
      yaxis: panel === 0 ? "y" : `y${panel + 1}`,
      line: { color, dash },
      marker: { color },
      showlegend: true,
    });
  });
  return { data, layout, notes: [], isEmpty: curve.steps.length === 0 };
}

export function toTable(curve: Curve, skeleton: Skeleton): Table {
  const names = Object.keys(curve.metrics);
  const titles = [skeleton.texts.step ?? "", ...names.map((name) => name.replaceAll("_", " "))];
  return {
    columns: titles.map((title) => ({ title, isNumber: true })),
    rows: curve.steps.map((step, row) => ({ cells: [step, ...names.map((name) => formatNumber(curve.metrics[name]?.[row]))] })),
  };
}
