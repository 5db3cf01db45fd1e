import { describe, expect, it } from "vitest";

import type { RunState } from "../live/reduce";
import { ancestorsOf, strongOf, toFigure, toTable, type Lineage } from "./lineage";
import type { JsonObject, Skeleton } from "./figure";
import { extended } from "../run/lineage";
import { cellsOf, thinned } from "./thin";

const SKELETON: Skeleton = {
  name: "lineage",
  title: "",
  caption: "",
  empty: "",
  traces: {
    trials: { mode: "markers" },
    child: { name: "first parent" },
    second: { name: "second parent" },
    goes_on: { name: "again" },
    failed: { name: "Failed" },
    line: { name: "Ancestors" },
    selected: { name: "Chosen" },
  },
  layout: { xaxis: {}, yaxis: {} },
  texts: { trial: "Trial %(number)s", changed: "Changed", value: "%(value)s", parents: "Parents: %(numbers)s", operator: "Operator", thinned: "%(drawn)s of %(total)s" },
  settings: {
    child: { line: { dash: "solid" } },
    second: { line: { dash: "dot" } },
    goes_on: { line: { dash: "dash" } },
    operators: { random: { title: "random", marker: { color: "grey" } }, mutate: { title: "mutation", marker: { color: "blue" } } },
    other: { color: "violet" },
    worse: "low",
    focus: { yaxis: "low" },
  },
};

const LINEAGE: Lineage = {
  replica: 0,
  number: [0, 1, 2, 3, 4, 5],
  parents: [[], [], [0], [2, 1], [2], [3]],
  operator: ["random", "random", "mutate:edge", "crossover", "promote", "mutate:edge"],
  changed: [[], [], ["edge 3"], ["edge 1"], [], ["edge 0"]],
  goes_on: [false, false, false, false, true, false],
};

function state(values: (number | null)[], states: string[] = values.map((value) => (value === null ? "crashed" : "completed"))): RunState {
  const trials = { number: values.map((_, number) => number), state: states, values: [values], is_feasible: values.map(() => true) };
  return { objectives: [{ title: "Accuracy", direction: "maximise", is_log: false }], replicas: [{ number: 0, trials }] } as unknown as RunState;
}

const RUN = state([0.5, 0.6, 0.7, 0.9, 0.8, null]);
const OPTIONS = { selected: null, showsAll: true, drawAll: 2000 };
const shapes = (layout: JsonObject): JsonObject[] => layout.shapes as JsonObject[];

describe("the lineage", () => {
  it("joins each parent with its child, one path for each kind of descent", () => {
    const figure = toFigure(RUN, LINEAGE, SKELETON, OPTIONS);
    expect(shapes(figure.layout).map(({ path }) => path)).toEqual([
      "M0,0.5L2,0.7M2,0.7L3,0.9M3,0.9L5,0.5",
      "M1,0.6L3,0.9",
      "M2,0.7L4,0.8",
    ]);
    expect(shapes(figure.layout).map((shape) => (shape.line as JsonObject).dash)).toEqual(["solid", "dot", "dash"]);
  });

  it("has a trace for each kind of operator and crosses at the worse end for what failed", () => {
    const { data } = toFigure(RUN, LINEAGE, SKELETON, OPTIONS);
    const named = new Map(data.map((trace) => [trace.name, trace]));
    expect(named.get("random")?.x).toEqual([0, 1]);
    expect(named.get("mutation")?.x).toEqual([2]);
    expect(named.get("crossover")?.marker).toEqual({ color: "violet" });
    expect(named.get("Failed")).toMatchObject({ x: [5], y: [0.5], customdata: [[0, 5]] });
  });

  it("says number, operator, position and value under the pointer", () => {
    const { data } = toFigure(RUN, LINEAGE, SKELETON, OPTIONS);
    const mutated = data.find(({ name }) => name === "mutation");
    expect(mutated?.text).toEqual(["<b>Trial 2</b><br>mutation: edge<br>Changed: edge 3<br>Parents: 0"]);
    expect(mutated?.hovertemplate).toBe("%{text}<br>%{y:.4~g}<extra></extra>");
    expect(data.find(({ name }) => name === "Failed")?.hovertemplate).toBe("%{text}<br>Failed<extra></extra>");
  });

  it("draws the ancestors of the best strong, or those of the chosen trial", () => {
    const line = (selected: [number, number] | null): unknown =>
      toFigure(RUN, LINEAGE, SKELETON, { ...OPTIONS, selected }).data.find(({ name }) => name === "Ancestors")?.x;
    expect(line(null)).toEqual([0, 2, 3]);
    expect(line([0, 5])).toEqual([0, 2, 3, 5]);
    expect(line([0, 1])).toEqual([1]);
    expect(line([3, 1])).toEqual([0, 2, 3]); // of another replica
  });

  it("leaves out what has no value yet", () => {
    const { data } = toFigure(state([0.5, 0.6, null], ["completed", "completed", "running"]), LINEAGE, SKELETON, OPTIONS);
    expect(data.flatMap(({ x }) => x as number[])).not.toContain(2);
  });

  it("is empty before the first result", () => {
    expect(toFigure(state([null], ["queued"]), LINEAGE, SKELETON, OPTIONS).isEmpty).toBe(true);
  });

  it("does not take what breaks a constraint for the best", () => {
    const run = state([0.5, 0.6, 0.7, 0.9, 0.8, null]);
    const replica = run.replicas[0];
    if (replica === undefined) throw new Error("no replica");
    replica.trials.is_feasible[3] = false;
    expect(strongOf(run, replica, null)).toBe(4);
  });

  it("ends in a circle that should not be there", () => {
    expect(ancestorsOf({ ...LINEAGE, parents: [[5], [], [0], [2], [2], [3]] }, 5)).toEqual([0, 2, 3, 5]);
  });

  it("has the strong line as its table", () => {
    const { rows } = toTable(RUN, LINEAGE, SKELETON, { selected: [0, 5] });
    expect(rows.map(({ cells }) => cells[0])).toEqual([0, 2, 3, 5]);
    expect(rows[1]).toEqual({ cells: [2, "mutation: edge", "edge 3", "0.7"], trial: [0, 2] });
  });

  it("stays small with ten thousand trials", () => {
    const count = 10_000;
    const values = Array.from({ length: count }, (_, number) => 0.5 + 0.4 * Math.sin(number * 12.9898) ** 2);
    const many: Lineage = {
      replica: 0,
      number: values.map((_, number) => number),
      parents: values.map((_, number) => (number < 100 ? [] : [number - 1 - (number % 97)])),
      operator: values.map((_, number) => (number < 100 ? "random" : "mutate:edge")),
      changed: values.map(() => []),
      goes_on: values.map(() => false),
    };
    const figure = toFigure(state(values), many, SKELETON, { ...OPTIONS, drawAll: 2000 });
    const drawn = figure.data.filter(({ name }) => name === "random" || name === "mutation").flatMap(({ x }) => x as number[]);
    expect(drawn.length).toBeLessThanOrEqual(90 * 60);
    expect(figure.notes).toEqual([`${drawn.length.toLocaleString("en")} of 10,000`]);
    const edges = (shapes(figure.layout)[0]?.path as string).match(/M/g) ?? [];
    expect(edges.length).toBeGreaterThan(1000);
    expect(edges.length).toBeLessThan(count);
  });
});

describe("the columns", () => {
  const page = { number: [5, 6], parents: [[3], [5]], operator: ["mutate:edge", "retry"], changed: [["edge 0"], []], goes_on: [false, true], next_after: null };

  it("grow behind the last row, and what came before is not taken twice", () => {
    const grown = extended(LINEAGE, page);
    expect(grown.number).toEqual([0, 1, 2, 3, 4, 5, 6]);
    expect(grown.goes_on[6]).toBe(true);
    expect(extended(grown, page)).toBe(grown);
  });
});

describe("the cells", () => {
  it("are those that thinning keeps one point of", () => {
    const points = { x: [0, 0.001, 1, 1], y: [0, 0.001, 1, 0] };
    const linear = { x: false, y: false };
    const cellOf = cellsOf(points, linear);
    expect(new Set([0, 1, 2, 3].map(cellOf)).size).toBe(3);
    expect(thinned(points, linear, 0)).toEqual([0, 2, 3]);
  });
});
