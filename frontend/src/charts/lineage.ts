/**
 * Who descends from whom: trials in their order across, the first objective up, a line from each parent to its child, and the
 * line of ancestors of one trial drawn strong. Structure (parents, operators, positions) comes in columns of its own.
 */
import { formatCount, formatNumber } from "../i18n/numbers";
import { rowOf, type RunState } from "../live/reduce";
import type { ReplicaState } from "../live/events.generated";
import { fillText, nameOf, traceFrom, type Figure, type Json, type JsonObject, type Skeleton, type Table, type TrialRef } from "./figure";
import { focused, outsideNote, type Range } from "./focus";
import { cellsOf, thinned } from "./thin";
import { hasFailed, isOk, isOpen } from "./trialStates";

/** Rows of /runs/<id>/lineage.json, grown by a cursor; `row` finds a trial by its number. */
export interface Lineage {
  replica: number;
  number: number[];
  parents: number[][];
  operator: string[];
  changed: string[][];
  goes_on: boolean[];
}

export interface LineageOptions {
  /** The trial whose ancestors are drawn strong; null for the best so far. */
  selected: TrialRef | null;
  showsAll: boolean;
  /** Up to so many points are drawn one by one. */
  drawAll: number;
}

interface Point {
  number: number;
  y: number;
  row: number;
  failed: boolean;
}

const KINDS = ["child", "second", "goes_on"] as const;

export function toFigure(state: RunState, lineage: Lineage, skeleton: Skeleton, options: LineageOptions): Figure {
  const figure: Figure = { data: [], layout: skeleton.layout, notes: [], numOutside: 0, isEmpty: true };
  const replica = state.replicas.find(({ number }) => number === lineage.replica);
  if (replica === undefined || lineage.number.length === 0) return figure;
  const valued = valuesOf(replica);
  const focus = focused(skeleton.layout, skeleton, { yaxis: valued });
  const isFocused = !options.showsAll && focus.numOutside > 0;
  figure.layout = { ...(isFocused ? focus.layout : skeleton.layout) };
  figure.numOutside = focus.numOutside;
  if (isFocused) figure.notes.push(outsideNote(focus.numOutside));
  const range = isFocused ? focus.ranges.yaxis : undefined;
  const points = pointsOf(replica, lineage, floorOf(valued, range, skeleton));
  if (points.length === 0) return figure;
  figure.isEmpty = false;

  const columns = { x: points.map(({ number }) => number), y: points.map(({ y }) => y) };
  const isLog = { x: false, y: state.objectives[0]?.is_log ?? false };
  const drawn = thinned(columns, isLog, options.drawAll, { y: range });
  if (drawn.length < points.length) {
    const counts = { total: formatCount(points.length), drawn: formatCount(drawn.length) };
    figure.notes.push(fillText(skeleton.texts.thinned, counts));
  }
  const isThinned = drawn.length < points.length;
  const edges = edgesOf(points, lineage, isThinned ? cellsOf(columns, isLog, { y: range }) : null);
  figure.layout.shapes = KINDS.flatMap((kind) =>
    edges[kind] === "" ? [] : [{ ...(skeleton.settings[kind] as JsonObject), type: "path", path: edges[kind] }],
  );
  for (const kind of KINDS) {
    // A shape has no line in the legend; a trace without points has.
    if (edges[kind] !== "") figure.data.push(traceFrom(skeleton.traces[kind], { x: [null], y: [null] }));
  }
  const kept = new Set(drawn);
  const look = (point: Point): string => operatorOf(lineage.operator[point.row]);
  const shown = points.filter((_, index) => kept.has(index));
  for (const operator of [...new Set(shown.filter(({ failed }) => !failed).map(look))].sort(byOrder(skeleton))) {
    const own = shown.filter((point) => !point.failed && look(point) === operator);
    figure.data.push(traceFrom(lookOf(skeleton, operator), { ...asColumns(own, lineage, skeleton), name: titleOf(skeleton, operator) }));
  }
  const failed = shown.filter((point) => point.failed);
  if (failed.length > 0) {
    const hovertemplate = `%{text}<br>${nameOf(skeleton.traces.failed)}<extra></extra>`;
    figure.data.push(traceFrom(skeleton.traces.failed, { ...asColumns(failed, lineage, skeleton), hovertemplate }));
  }

  const strong = strongOf(state, replica, options.selected);
  const line = strong === null ? [] : ancestorsOf(lineage, strong);
  const byNumber = new Map(points.map((point) => [point.number, point]));
  const onLine = line.map((number) => byNumber.get(number)).filter((point) => point !== undefined);
  if (onLine.length > 0) figure.data.push(traceFrom(skeleton.traces.line, asColumns(onLine, lineage, skeleton)));
  for (const { number, y } of onLine.slice(-1)) {
    if (number === strong) figure.data.push(traceFrom(skeleton.traces.selected, { x: [number], y: [y] }));
  }
  return figure;
}

/** The line that is drawn strong, from its first ancestor on. */
export function toTable(state: RunState, lineage: Lineage, skeleton: Skeleton, options: { selected: TrialRef | null }): Table {
  const replica = state.replicas.find(({ number }) => number === lineage.replica);
  const objective = state.objectives[0];
  const columns = [
    { title: fillText(skeleton.texts.trial, { number: "" }).trim(), isNumber: true },
    { title: skeleton.texts.operator ?? "", isNumber: false },
    { title: skeleton.texts.changed ?? "", isNumber: false },
    { title: objective?.title ?? "", isNumber: true },
  ];
  const strong = replica === undefined ? null : strongOf(state, replica, options.selected);
  if (replica === undefined || strong === null) return { columns, rows: [] };
  const rows = ancestorsOf(lineage, strong).map((number) => {
    const row = rowOf(lineage.number, number);
    const value = replica.trials.values[0]?.[rowOf(replica.trials.number, number)];
    const trial: TrialRef = [replica.number, number];
    return { cells: [number, titleOf(skeleton, lineage.operator[row] ?? ""), (lineage.changed[row] ?? []).join(", "), formatNumber(value)], trial };
  });
  return { columns, rows };
}

/** Numbers from the first ancestor to `number`, over first parents. */
export function ancestorsOf(lineage: Lineage, number: number): number[] {
  const line = [number];
  for (let at = number; ; ) {
    const parent = lineage.parents[rowOf(lineage.number, at)]?.[0];
    if (parent === undefined || parent >= at) return line.reverse();
    line.push(parent);
    at = parent;
  }
}

/** The chosen trial where it is one of this replica, else the best that keeps the constraints. */
export function strongOf(state: RunState, replica: ReplicaState, selected: TrialRef | null): number | null {
  if (selected?.[0] === replica.number) return selected[1];
  const sign = state.objectives[0]?.direction === "maximise" ? 1 : -1;
  let best: number | null = null;
  let most = -Infinity;
  replica.trials.values[0]?.forEach((value, row) => {
    if (value === null || !isOk(replica.trials.state[row]) || replica.trials.is_feasible[row] === false) return;
    if (sign * value <= most) return;
    most = sign * value;
    best = replica.trials.number[row] ?? null;
  });
  return best;
}

function valuesOf(replica: ReplicaState): number[] {
  return (replica.trials.values[0] ?? []).filter((value, row): value is number => value !== null && isOk(replica.trials.state[row]));
}

/** Where crosses stand: the worse end of what is seen. */
function floorOf(values: readonly number[], range: Range | undefined, skeleton: Skeleton): number {
  let [low, high] = range ?? [Infinity, -Infinity];
  if (range === undefined) {
    for (const value of values) {
      if (value < low) low = value;
      if (value > high) high = value;
    }
  }
  if (low > high) return 0;
  return skeleton.settings.worse === "high" ? high : low;
}

function pointsOf(replica: ReplicaState, lineage: Lineage, floor: number): Point[] {
  const points: Point[] = [];
  lineage.number.forEach((number, row) => {
    const at = rowOf(replica.trials.number, number);
    const state = replica.trials.state[at];
    if (state === undefined || isOpen(state)) return;
    const value = replica.trials.values[0]?.[at] ?? null;
    if (hasFailed(state)) points.push({ number, y: floor, row, failed: true });
    else if (value !== null) points.push({ number, y: value, row, failed: false });
  });
  return points;
}

/**
 * All edges of a kind as one path in the coordinates of the axes: thousands of lines cost what one does. With `cellOf`, of
 * edges that join the same two spots of the plane one is drawn.
 */
function edgesOf(points: readonly Point[], lineage: Lineage, cellOf: ((index: number) => number) | null): Record<(typeof KINDS)[number], string> {
  const index = new Map(points.map(({ number }, place) => [number, place]));
  const paths: Record<(typeof KINDS)[number], string[]> = { child: [], second: [], goes_on: [] };
  const taken = new Set<string>();
  points.forEach((point, place) => {
    lineage.parents[point.row]?.forEach((parent, rank) => {
      const from = index.get(parent);
      const source = from === undefined ? undefined : points[from];
      if (from === undefined || source === undefined) return;
      const kind = lineage.goes_on[point.row] === true ? "goes_on" : rank === 0 ? "child" : "second";
      if (cellOf !== null) {
        const ends = `${kind} ${cellOf(from)} ${cellOf(place)}`;
        if (taken.has(ends)) return;
        taken.add(ends);
      }
      paths[kind].push(`M${source.number},${source.y}L${point.number},${point.y}`);
    });
  });
  return { child: paths.child.join(""), second: paths.second.join(""), goes_on: paths.goes_on.join("") };
}

/** "mutate:operation" and "mutate:input" are drawn alike. */
function operatorOf(operator: string | undefined): string {
  return (operator ?? "").split("+").map((part) => part.split(":")[0]).join("+");
}

function operators(skeleton: Skeleton): Record<string, JsonObject> {
  return (skeleton.settings.operators ?? {}) as Record<string, JsonObject>;
}

function lookOf(skeleton: Skeleton, operator: string): JsonObject {
  return { ...skeleton.traces.trials, marker: operators(skeleton)[operator]?.marker ?? (skeleton.settings.other as Json) };
}

function titleOf(skeleton: Skeleton, operator: string): string {
  const title = operators(skeleton)[operatorOf(operator)]?.title;
  const kind = operator.split(":")[1]?.replaceAll("_", " ");
  const words = typeof title === "string" ? title : operatorOf(operator).replaceAll("_", " ");
  return kind === undefined ? words : `${words}: ${kind}`;
}

function byOrder(skeleton: Skeleton): (a: string, b: string) => number {
  const order = Object.keys(operators(skeleton));
  const place = (name: string): number => (order.includes(name) ? order.indexOf(name) : order.length);
  return (a, b) => place(a) - place(b) || (a < b ? -1 : 1);
}

function asColumns(points: readonly Point[], lineage: Lineage, skeleton: Skeleton): { x: number[]; y: number[]; customdata: TrialRef[]; text: string[]; hovertemplate: string } {
  return {
    x: points.map(({ number }) => number),
    y: points.map(({ y }) => y),
    customdata: points.map(({ number }) => [lineage.replica, number]),
    text: points.map((point) => hover(point, lineage, skeleton)),
    // The value is written by the chart, only where somebody points: numbers in words are slow to make by the thousand.
    hovertemplate: `%{text}<br>${fillText(skeleton.texts.value, { value: "%{y:.4~g}" })}<extra></extra>`,
  };
}

function hover({ number, row }: Point, lineage: Lineage, skeleton: Skeleton): string {
  const lines = [`<b>${fillText(skeleton.texts.trial, { number })}</b>`, titleOf(skeleton, lineage.operator[row] ?? "")];
  const changed = lineage.changed[row] ?? [];
  if (changed.length > 0) lines.push(`${skeleton.texts.changed ?? ""}: ${changed.join(", ")}`);
  const parents = lineage.parents[row] ?? [];
  if (parents.length > 0) lines.push(fillText(skeleton.texts.parents, { numbers: parents.join(", ") }));
  return lines.join("<br>");
}
