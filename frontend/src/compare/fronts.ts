/** The fronts of several runs in one plane, their trials faint behind them on request. */
import { fillText, traceFrom, type Figure, type Skeleton, type Table, type Trace } from "../charts/figure";
import { logTicks } from "../charts/logTicks";
import { thinned, type Points } from "../charts/thin";
import { isOk } from "../charts/trialStates";
import { formatCount, formatNumber } from "../i18n/numbers";
import type { ComparedRun } from "../live/events.generated";
import type { RunState } from "../live/reduce";
import { namedArms, type NamedArm } from "./looks";
import { narrow } from "./narrow";
import type { CompareView } from "./view";

const DRAW_ALL = 1500;

function frontOf({ arm }: NamedArm): Points {
  return { x: arm.front.values[1] ?? [], y: arm.front.values[0] ?? [] };
}

/** Of the run's own replicas, or of its baseline: what ended well and keeps the constraints. */
export function trialsOf(state: RunState, run: ComparedRun, replicas: readonly number[]): Points {
  const points: Points = { x: [], y: [] };
  const [up, across] = run.columns;
  if (up === undefined || across === undefined) return points;
  for (const { number, trials } of state.replicas) {
    if (!replicas.includes(number)) continue;
    trials.state.forEach((each, row) => {
      const x = trials.values[across]?.[row] ?? null;
      const y = trials.values[up]?.[row] ?? null;
      if (!isOk(each) || trials.is_feasible[row] === false || x === null || y === null) return;
      points.x.push(x);
      points.y.push(y);
    });
  }
  return points;
}

export function toFigure(view: CompareView, skeleton: Skeleton): Figure {
  const { comparison } = view;
  const [up, across] = comparison.objectives;
  const isLog = { x: across?.is_log ?? false, y: up?.is_log ?? false };
  const figure: Figure = { data: [], layout: skeleton.layout, notes: [], numOutside: 0, isEmpty: true };
  const arms = namedArms(comparison, skeleton.texts.baseline);
  const runs = new Map(comparison.runs.map((run) => [run.id, run]));
  const all: { xaxis: number[]; yaxis: number[] } = { xaxis: [], yaxis: [] };
  const behind: Trace[] = [];
  let total = 0;
  let drawn = 0;
  for (const named of arms) {
    const front = frontOf(named);
    if (front.x.length === 0) continue;
    figure.isEmpty = false;
    all.xaxis.push(...front.x);
    all.yaxis.push(...front.y);
    figure.data.push(frontTrace(named, front, skeleton, [across?.title ?? "", up?.title ?? ""]));
    const run = runs.get(named.arm.run);
    const state = view.states.get(named.arm.run);
    if (!view.showsTrials || run === undefined || state === undefined) continue;
    const points = trialsOf(state, run, named.arm.replicas);
    const rows = thinned(points, isLog, DRAW_ALL);
    total += points.x.length;
    drawn += rows.length;
    const x = rows.map((row) => points.x[row] ?? 0);
    const y = rows.map((row) => points.y[row] ?? 0);
    for (const row of rows) {
      all.xaxis.push(points.x[row] ?? 0);
      all.yaxis.push(points.y[row] ?? 0);
    }
    const { color, symbol } = named.look;
    behind.push(traceFrom(skeleton.traces.trials, { x, y, name: named.drawn, marker: { color, symbol } }));
  }
  figure.data = [...behind, ...figure.data];
  narrow(figure, skeleton, all, view.showsAll);
  figure.layout = { ...figure.layout };
  for (const [axis, log, values] of [["xaxis", isLog.x, all.xaxis], ["yaxis", isLog.y, all.yaxis]] as const) {
    if (log) figure.layout[axis] = { ...(figure.layout[axis] as object), ...logTicks(values) };
  }
  if (drawn < total) {
    figure.notes.push(fillText(skeleton.texts.thinned, { total: formatCount(total), drawn: formatCount(drawn) }));
  }
  return figure;
}

function frontTrace({ arm, drawn, look }: NamedArm, { x, y }: Points, skeleton: Skeleton, titles: [string, string]): Trace {
  const { color, symbol, dash, width } = look;
  const trial = fillText(skeleton.texts.trial, { number: "%{customdata[1]}" });
  return traceFrom(skeleton.traces.front, {
    x,
    y,
    name: drawn,
    showlegend: true,
    customdata: arm.front.number.map((number, row): [number, number] => [arm.front.replica[row] ?? 0, number]),
    line: { color, dash, width },
    marker: { color, symbol, ...(arm.is_baseline ? { line: { width: 1.25, color } } : {}) },
    hovertemplate: `<b>${drawn}</b><br>${trial}<br>${titles[1]}: %{y:.4~g}<br>${titles[0]}: %{x:.4~s}<extra></extra>`,
  });
}

export function toTable({ comparison }: CompareView, skeleton: Skeleton): Table {
  const number = { title: fillText(skeleton.texts.trial, { number: "" }).trim(), isNumber: true };
  const columns = [
    { title: skeleton.texts.run ?? "", isNumber: false },
    number,
    ...comparison.objectives.map(({ title, unit }) => ({ title: unit === "" ? title : `${title} (${unit})`, isNumber: true })),
  ];
  const rows = namedArms(comparison, skeleton.texts.baseline).flatMap(({ arm, name }) =>
    arm.front.number.map((trial, row) => ({
      cells: [name, trial, ...arm.front.values.map((column) => formatNumber(column[row]))],
    })),
  );
  return { columns, rows };
}
