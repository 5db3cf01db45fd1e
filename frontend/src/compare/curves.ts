/** Best value or hypervolume so far, run by run: the median of its seeds in the band of their middle half and of all. */
import { area, reachedByAll } from "../charts/bandArea";
import { fillText, traceFrom, type Figure, type JsonObject, type Skeleton, type Table, type Trace } from "../charts/figure";
import { formatNumber } from "../i18n/numbers";
import type { Arm, CurveBand } from "../live/events.generated";
import { namedArms, type NamedArm } from "./looks";
import { narrow } from "./narrow";
import type { Across, CompareView } from "./view";

const OUTER = 0.1;
const INNER = 0.18;

function bandOf(arm: Arm, skeleton: Skeleton, across: Across): CurveBand {
  const isVolume = skeleton.settings.series === "hypervolume";
  if (isVolume) return across === "cost" ? arm.hypervolume_by_cost : arm.hypervolume_by_trials;
  return across === "cost" ? arm.best_by_cost : arm.best_by_trials;
}

function labelOf({ arm, drawn }: NamedArm, band: CurveBand, skeleton: Skeleton): string {
  const count = Math.max(0, ...new Set(band.counts));
  const text = count > 1 ? skeleton.texts.some_seeds : skeleton.texts.one_seed;
  return arm.replicas.length === 1 || count > 1 ? fillText(text, { run: drawn, count }) : drawn;
}

export function toFigure(view: CompareView, skeleton: Skeleton): Figure {
  const figure: Figure = { data: [], layout: skeleton.layout, notes: [], numOutside: 0, isEmpty: true };
  const lines: Trace[] = [];
  const all: number[] = [];
  const across = skeleton.texts[view.across] ?? "";
  for (const named of namedArms(view.comparison, skeleton.texts.baseline)) {
    const band = reachedByAll(bandOf(named.arm, skeleton, view.across));
    if (!band.median.some((value) => value !== null)) continue;
    figure.isEmpty = false;
    const { color, dash, width } = named.look;
    const look = { color, template: skeleton.traces.band };
    figure.data.push(...area(band, band.minimum, band.maximum, { ...look, opacity: OUTER }));
    figure.data.push(...area(band, band.lower, band.upper, { ...look, opacity: INNER }));
    for (const value of band.median) if (value !== null) all.push(value);
    const name = labelOf(named, band, skeleton);
    lines.push(
      traceFrom(skeleton.traces.median, {
        x: band.positions,
        y: band.median,
        name,
        showlegend: true,
        line: { color, dash, width },
        hovertemplate: `<b>${named.drawn}</b><br>${skeleton.texts.value ?? ""}: %{y:.5~g}<br>${across}: %{x:.4~g}<extra></extra>`,
      }),
    );
  }
  figure.data.push(...lines); // above all areas
  narrow(figure, skeleton, { yaxis: all }, view.showsAll);
  figure.layout = { ...figure.layout, xaxis: { ...(figure.layout.xaxis as JsonObject), title: { text: across } } };
  return figure;
}

/** Every step of every curve. */
export function toTable(view: CompareView, skeleton: Skeleton): Table {
  const { texts } = skeleton;
  const titles = [texts[view.across], texts.value, texts.lowest, texts.highest, texts.seeds];
  const rows = namedArms(view.comparison, texts.baseline).flatMap(({ arm, name }) => {
    const band = bandOf(arm, skeleton, view.across);
    return band.positions.map((position, row) => ({
      cells: [
        name,
        formatNumber(position),
        formatNumber(band.median[row]),
        formatNumber(band.minimum[row] ?? band.median[row]),
        formatNumber(band.maximum[row] ?? band.median[row]),
        band.counts[row] ?? 0,
      ],
    }));
  });
  return {
    columns: [{ title: texts.run ?? "", isNumber: false }, ...titles.map((title) => ({ title: title ?? "", isNumber: true }))],
    rows,
  };
}
