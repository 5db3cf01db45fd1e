/** The learning curve of a trial: the panels that the skeleton names, over the steps; all other metrics stand in the table. */
import { formatNumber } from "../i18n/numbers";
import { seriesLook, traceFrom, type Figure, type JsonObject, type Skeleton, type Table } from "./figure";

/** What /curve.json answers: columns of equal length; null stands for what was not a number. */
export interface Curve {
  steps: number[];
  metrics: Record<string, (number | null)[]>;
}

interface Panel {
  axis: JsonObject;
  metrics: string[];
}

/** The share of the height that lies between two panels. */
const GAP = 0.1;

/** The panels of which `curve` has a metric, from top to bottom, with these metrics alone. */
function panelsOf(curve: Curve, skeleton: Skeleton): Panel[] {
  const panels = skeleton.settings.panels as unknown as Panel[];
  return panels
    .map(({ axis, metrics }) => ({ axis, metrics: metrics.filter((metric) => metric in curve.metrics) }))
    .filter(({ metrics }) => metrics.length > 0);
}

function titleOf(metric: string, skeleton: Skeleton): string {
  const titles = skeleton.settings.titles as Record<string, string>;
  return titles[metric] ?? metric.replaceAll("_", " ");
}

export function toFigure(curve: Curve, skeleton: Skeleton): Figure {
  const panels = panelsOf(curve, skeleton);
  const layout: JsonObject = { ...skeleton.layout };
  const height = (1 - GAP * (panels.length - 1)) / Math.max(1, panels.length);
  const data: Figure["data"] = [];
  panels.forEach(({ axis, metrics }, place) => {
    const number = place === 0 ? "" : String(place + 1);
    const top = 1 - place * (height + GAP);
    layout[`yaxis${number}`] = { ...axis, nticks: 5, domain: [Math.max(0, top - height), top] };
    for (const metric of metrics) {
      const { color, dash } = seriesLook(data.length);
      data.push(
        traceFrom(skeleton.traces.metric, {
          x: curve.steps,
          y: curve.metrics[metric] ?? [],
          name: titleOf(metric, skeleton),
          yaxis: `y${number}`,
          line: { color, dash },
          marker: { color },
          showlegend: true,
        }),
      );
    }
  });
  const bottom = panels.length > 1 ? `y${panels.length}` : "y";
  layout.xaxis = { ...(skeleton.layout.xaxis as JsonObject), anchor: bottom };
  return { data, layout, notes: [], numOutside: 0, isEmpty: curve.steps.length === 0 };
}

export function toTable(curve: Curve, skeleton: Skeleton): Table {
  const names = Object.keys(curve.metrics);
  const titles = [skeleton.texts.step ?? "", ...names.map((name) => titleOf(name, skeleton))];
  return {
    columns: titles.map((title) => ({ title, isNumber: true })),
    rows: curve.steps.map((step, row) => ({ cells: [step, ...names.map((name) => formatNumber(curve.metrics[name]?.[row]))] })),
  };
}
