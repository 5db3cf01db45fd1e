/** The Pareto front: the front as steps and strong points, dominated trials lighter, those that break a constraint as crosses. */
import { formatCount, formatNumber } from "../i18n/numbers";
import { ngettext } from "../i18n/text";
import type { ReplicaState } from "../live/events.generated";
import { rowOf, type RunState } from "../live/reduce";
import { fillText, nameOf, seriesLook, traceFrom, type ChartView, type Figure, type JsonObject, type Skeleton, type Table, type Trace, type TrialRef } from "./figure";
import { focused, outsideNote } from "./focus";
import { logTicks } from "./logTicks";
import { thinned } from "./thin";
import { hasFailed, isOk } from "./trialStates";

export interface FrontOptions extends ChartView {
  /** Up to so many dominated trials are drawn one by one; beyond, one for each spot of the plane. */
  drawAll: number;
}

interface Columns {
  x: number[];
  y: number[];
  customdata: TrialRef[];
}

interface Sorted {
  front: Columns;
  dominated: Columns;
  infeasible: Columns;
  numFailed: number;
}

const empty = (): Columns => ({ x: [], y: [], customdata: [] });

/** Objective positions on the axes; `x` null puts the trial's number there. */
function axes(skeleton: Skeleton): { x: number | null; y: number } {
  const { x, y } = skeleton.settings;
  return { x: typeof x === "number" ? x : null, y: typeof y === "number" ? y : 0 };
}

function sorted(replica: ReplicaState, skeleton: Skeleton): Sorted {
  const { x, y } = axes(skeleton);
  const { trials } = replica;
  const across = x === null ? trials.number : trials.values[x];
  const up = trials.values[y];
  const onFront = new Set(replica.front);
  const parts: Sorted = { front: empty(), dominated: empty(), infeasible: empty(), numFailed: 0 };
  trials.number.forEach((number, row) => {
    const state = trials.state[row];
    if (hasFailed(state)) parts.numFailed += 1;
    const px = across?.[row] ?? null;
    const py = up?.[row] ?? null;
    if (!isOk(state) || px === null || py === null) return;
    const into = onFront.has(number) ? parts.front : trials.is_feasible[row] === false ? parts.infeasible : parts.dominated;
    into.x.push(px);
    into.y.push(py);
    into.customdata.push([replica.number, number]);
  });
  return parts;
}

function orderedByX({ x, y, customdata }: Columns): Columns {
  const order = x.map((_, i) => i).sort((a, b) => (x[a] ?? 0) - (x[b] ?? 0) || (y[a] ?? 0) - (y[b] ?? 0));
  return pick({ x, y, customdata }, order);
}

function pick({ x, y, customdata }: Columns, rows: readonly number[]): Columns {
  const picked = empty();
  for (const row of rows) {
    picked.x.push(x[row] ?? 0);
    picked.y.push(y[row] ?? 0);
    picked.customdata.push(customdata[row] ?? [0, 0]);
  }
  return picked;
}

function hover(state: RunState, skeleton: Skeleton): string {
  const { x, y } = axes(skeleton);
  const lines = [`<b>${fillText(skeleton.texts.trial, { number: "%{customdata[1]}" })}</b>`];
  const up = state.objectives[y];
  const across = x === null ? undefined : state.objectives[x];
  if (up !== undefined) lines.push(`${up.title}: %{y:.4~g} ${up.unit}`);
  if (across !== undefined) lines.push(`${across.title}: %{x:.4~s} ${across.unit}`);
  return `${lines.join("<br>")}<extra></extra>`;
}

export function toFigure(state: RunState, skeleton: Skeleton, options: FrontOptions): Figure {
  const { x, y } = axes(skeleton);
  const isLog = { x: x !== null && (state.objectives[x]?.is_log ?? false), y: state.objectives[y]?.is_log ?? false };
  const hovertemplate = hover(state, skeleton);
  const figure: Figure = { data: [], layout: skeleton.layout, notes: [], numOutside: 0, isEmpty: true };
  const ofSearch = state.replicas.filter(({ is_baseline }) => !is_baseline);
  const several = ofSearch.length > 1;
  let total = 0;
  let drawn = 0;

  const replicas = ofSearch.map((replica) => ({ replica, parts: sorted(replica, skeleton) }));
  const numFailed = replicas.reduce((sum, { parts }) => sum + parts.numFailed, 0);
  const focus = focused(skeleton.layout, skeleton, allPoints(replicas.map(({ parts }) => parts)));
  const isFocused = !options.showsAll && focus.numOutside > 0;
  const shown = isFocused ? { x: focus.ranges.xaxis, y: focus.ranges.yaxis } : {};
  figure.numOutside = focus.numOutside;
  if (isFocused) {
    figure.layout = focus.layout;
    figure.notes.push(outsideNote(focus.numOutside));
  }

  if (options.showsBaseline) {
    const points = randomPoints(state, skeleton);
    const rows = thinned(points, isLog, options.drawAll, shown);
    total += points.x.length;
    drawn += rows.length;
    if (rows.length > 0) {
      figure.isEmpty = false;
      const { x: px, y: py, customdata } = pick(points, rows);
      figure.data.push(traceFrom(skeleton.traces.baseline, { x: px, y: py, customdata, hovertemplate }));
    }
  }

  replicas.forEach(({ replica, parts }, index) => {
    const { color, dash } = seriesLook(index);
    const rows = thinned(parts.dominated, isLog, options.drawAll, shown);
    total += parts.dominated.x.length;
    drawn += rows.length;
    const suffix = several ? `, ${fillText(skeleton.texts.replica, { number: replica.number })}` : "";
    const add = (role: string, columns: Columns, look: Parameters<typeof traceFrom>[1]): void => {
      if (columns.x.length === 0) return;
      figure.isEmpty = false;
      const more = { ...look, x: columns.x, y: columns.y, customdata: columns.customdata, hovertemplate };
      const template = skeleton.traces[role];
      figure.data.push(traceFrom(template, { ...more, name: nameOf(template) + suffix }));
    };
    add("dominated", pick(parts.dominated, rows), several ? { marker: { color, opacity: 0.28 }, showlegend: false } : {});
    add("infeasible", parts.infeasible, {});
    add("front", orderedByX(parts.front), { marker: { color }, line: { color, dash } });
  });

  figure.layout = withTicks(figure.layout, figure.data, isLog);
  const chosen = selectedPoint(state, skeleton, options.selected);
  if (chosen !== null) figure.data.push(traceFrom(skeleton.traces.selected, { x: [chosen.x], y: [chosen.y] }));
  if (drawn < total) {
    figure.notes.push(fillText(skeleton.texts.thinned, { total: formatCount(total), drawn: formatCount(drawn) }));
  }
  if (numFailed > 0) figure.notes.push(failedNote(numFailed));
  return figure;
}

/** Every trial of the baseline that keeps the constraints, as plain points: its front is not the run's. */
function randomPoints(state: RunState, skeleton: Skeleton): Columns {
  const points = empty();
  for (const replica of state.replicas) {
    if (!replica.is_baseline) continue;
    const { front, dominated } = sorted(replica, skeleton);
    points.x = points.x.concat(front.x, dominated.x);
    points.y = points.y.concat(front.y, dominated.y);
    points.customdata = points.customdata.concat(front.customdata, dominated.customdata);
  }
  return points;
}

/** The points of the search as columns by axis. */
function allPoints(parts: readonly Sorted[]): { xaxis: number[]; yaxis: number[] } {
  const columns = parts.flatMap(({ front, dominated, infeasible }) => [front, dominated, infeasible]);
  return { xaxis: columns.flatMap(({ x }) => x), yaxis: columns.flatMap(({ y }) => y) };
}

function withTicks(layout: JsonObject, data: readonly Trace[], isLog: { x: boolean; y: boolean }): JsonObject {
  const ticked = { ...layout };
  for (const axis of ["x", "y"] as const) {
    if (!isLog[axis]) continue;
    const values = data.flatMap((trace) => trace[axis] as number[]);
    ticked[`${axis}axis`] = { ...(layout[`${axis}axis`] as JsonObject), ...logTicks(values) };
  }
  return ticked;
}

function failedNote(count: number): string {
  const text = { count: formatCount(count) };
  return ngettext("%(count)s failed trial has no point.", "%(count)s failed trials have no point.", count, text);
}

function selectedPoint(state: RunState, skeleton: Skeleton, trial: TrialRef | null): { x: number; y: number } | null {
  const replica = trial === null ? undefined : state.replicas.find((each) => each.number === trial[0]);
  if (trial === null || replica === undefined) return null;
  const row = rowOf(replica.trials.number, trial[1]);
  const { x, y } = axes(skeleton);
  const px = x === null ? trial[1] : (replica.trials.values[x]?.[row] ?? null);
  const py = replica.trials.values[y]?.[row] ?? null;
  return px === null || py === null ? null : { x: px, y: py };
}

/** The front of the search, replica by replica, from left to right. */
export function toTable(state: RunState, skeleton: Skeleton): Table {
  const columns = [{ title: fillText(skeleton.texts.trial, { number: "" }).trim(), isNumber: true }];
  for (const each of state.objectives) {
    columns.push({ title: each.unit === "" ? each.title : `${each.title} (${each.unit})`, isNumber: true });
  }
  const rows = state.replicas.filter(({ is_baseline }) => !is_baseline).flatMap((replica) =>
    orderedByX(sorted(replica, skeleton).front).customdata.map((trial) => {
      const row = rowOf(replica.trials.number, trial[1]);
      const values = replica.trials.values.map((column) => formatNumber(column[row]));
      return { cells: [trial[1], ...values], trial };
    }),
  );
  return { columns, rows };
}
