/** Hypervolume and best value so far: one replica as steps; several, or a search beside its baseline, as bands. */
import { formatNumber } from "../i18n/numbers";
import type { CurveBand, ProgressColumns } from "../live/events.generated";
import type { RunState } from "../live/reduce";
import { changeInWords } from "../run/sentences";
import { asText } from "./asText";
import { area, reachedByAll } from "./bandArea";
import { bandOf } from "./bands";
import { nameOf, traceFrom, type Across, type Figure, type JsonObject, type Skeleton, type Table, type Trace } from "./figure";
import { sidesOf, type Side } from "./sides";

const ROLES = ["hypervolume", "best"] as const;
type Role = (typeof ROLES)[number];

const OUTER = 0.1;
const INNER = 0.2;

/** Trials are counted from 1 on the axis: after so many, the value was that. */
function after(toldOrder: readonly number[]): number[] {
  return toldOrder.map((order) => order + 1);
}

function rolesOf(skeleton: Skeleton): Role[] {
  return ROLES.filter((role) => role in skeleton.traces);
}

export function toFigure(state: RunState, skeleton: Skeleton, { across }: { across: Across }): Figure {
  const figure: Figure = { data: [], layout: skeleton.layout, notes: [], numOutside: 0, isEmpty: true };
  if (state.replicas.length > 1) drawBands(figure, state, skeleton, across);
  else drawSteps(figure, state, skeleton);
  if (!figure.isEmpty && (state.replicas.length === 1 || across === "trials")) drawChanges(figure, state, skeleton);
  return figure;
}

function drawSteps(figure: Figure, state: RunState, skeleton: Skeleton): void {
  const progress = state.replicas[0]?.progress;
  // Trials that say nothing about the objectives (scored with shared weights, failed) draw no line.
  if (progress?.best.some((value) => value !== null) !== true) return;
  figure.isEmpty = false;
  for (const role of rolesOf(skeleton)) {
    const template = skeleton.traces[role];
    const title = nameOf(template);
    figure.data.push(
      traceFrom(template, {
        x: after(progress.told_order),
        y: progress[role],
        name: title,
        showlegend: false,
        line: { color: "var(--data-1)", dash: "solid" },
        hovertemplate: `${title}: %{y:.5~g}<br>${skeleton.texts.after ?? ""}: %{x}<extra></extra>`,
      }),
    );
  }
}

function drawBands(figure: Figure, state: RunState, skeleton: Skeleton, across: Across): void {
  const lines: Trace[] = [];
  const title = skeleton.texts[across] ?? "";
  for (const side of sidesOf(state)) {
    for (const role of rolesOf(skeleton)) {
      const band = reachedByAll(bandOfSide(state, side, role, across));
      if (!band.median.some((value) => value !== null)) continue;
      figure.isEmpty = false;
      const template = skeleton.traces[role];
      const { color, dash } = side;
      // Of one seed there is a line, and nothing around it.
      if (side.replicas.length > 1) {
        const look = { color, template: traceOnly(skeleton.traces.band, template) };
        figure.data.push(...area(band, band.minimum, band.maximum, { ...look, opacity: OUTER }));
        figure.data.push(...area(band, band.lower, band.upper, { ...look, opacity: INNER }));
      }
      lines.push(
        traceFrom(template, {
          x: band.positions,
          y: band.median,
          name: side.label,
          showlegend: role === "best",
          line: { color, dash },
          hovertemplate: `<b>${side.name}</b><br>${nameOf(template)}: %{y:.5~g}<br>${title}: %{x:.4~g}<extra></extra>`,
        }),
      );
    }
  }
  figure.data.push(...lines); // above all areas
  figure.layout = { ...figure.layout, xaxis: { ...(figure.layout.xaxis as JsonObject), title: { text: title } } };
}

/** The look of an area on the axes of its line. */
function traceOnly(band: JsonObject | undefined, line: JsonObject | undefined): JsonObject {
  return { ...band, ...(line?.yaxis === undefined ? {} : { yaxis: line.yaxis }) };
}

function bandOfSide(state: RunState, side: Side, role: Role, across: Across): CurveBand {
  const isLargerBetter = role === "hypervolume" || state.objectives[0]?.direction === "maximise";
  const positions = (progress: ProgressColumns): readonly number[] =>
    across === "cost" ? progress.spent_seconds : after(progress.told_order);
  const curves = side.replicas.map(({ progress }) => ({ positions: positions(progress), values: progress[role] }));
  return bandOf(curves, isLargerBetter);
}

/** A thin line at each moment at which a person changed the search or the strategy noticed something, and a point on the axis
 * that says what. */
function drawChanges(figure: Figure, state: RunState, skeleton: Skeleton): void {
  const { interventions = [], findings = [] } = state.replicas[0] ?? {};
  const changes = [
    ...interventions.map((change) => ({ told_before: change.told_before, text: changeInWords(change) })),
    ...findings.map(({ told_before, text }) => ({ told_before, text })),
  ];
  if (changes.length === 0) return;
  const at = changes.map((change) => change.told_before);
  const line = { color: "var(--data-4)", width: 1, dash: "dot" };
  const shapes = [...new Set(at)].map((x) => ({ type: "line", xref: "x", yref: "paper", x0: x, x1: x, y0: 0, y1: 1, line }));
  figure.layout = { ...figure.layout, shapes };
  figure.data.push(
    traceFrom(skeleton.traces.changes, {
      x: at,
      y: at.map(() => 0),
      text: changes.map(({ text }) => asText(text)),
      hovertemplate: `%{text}<br>${skeleton.texts.after ?? skeleton.texts.trials ?? ""}: %{x}<extra></extra>`,
    }),
  );
}

/** Every step at which something changed. */
export function toTable(state: RunState, skeleton: Skeleton, { across }: { across: Across }): Table {
  return state.replicas.length > 1 ? tableOfBands(state, skeleton, across) : tableOfSteps(state, skeleton);
}

function tableOfSteps(state: RunState, skeleton: Skeleton): Table {
  const roles = rolesOf(skeleton);
  const columns = [
    { title: skeleton.texts.after ?? "", isNumber: true },
    ...roles.map((role) => ({ title: nameOf(skeleton.traces[role]), isNumber: true })),
  ];
  const rows = state.replicas.flatMap(({ progress }) =>
    after(progress.told_order).map((x, row) => ({ cells: [x, ...roles.map((role) => formatNumber(progress[role][row]))] })),
  );
  return { columns, rows };
}

/** Of each role a median with its lowest and highest; `counts` where not all seeds have come so far. */
function tableOfBands(state: RunState, skeleton: Skeleton, across: Across): Table {
  const { texts } = skeleton;
  const titles = [texts[across], texts.lowest, texts.median, texts.highest, texts.seeds];
  const columns = [
    { title: texts.side ?? "", isNumber: false },
    { title: texts.value ?? "", isNumber: false },
    ...titles.map((title) => ({ title: title ?? "", isNumber: true })),
  ];
  const rows = sidesOf(state).flatMap((side) =>
    rolesOf(skeleton).flatMap((role) => {
      const band = bandOfSide(state, side, role, across);
      return band.positions.map((position, row) => ({
        cells: [
          side.name,
          nameOf(skeleton.traces[role]),
          formatNumber(position),
          formatNumber(band.minimum[row]),
          formatNumber(band.median[row]),
          formatNumber(band.maximum[row]),
          band.counts[row] ?? 0,
        ],
      }));
    }),
  );
  return { columns, rows };
}
