import { readFileSync } from "node:fs";
import { resolve } from "node:path";

import { describe, expect, it } from "vitest";

import type { CurveBand } from "../live/events.generated";
import { runState } from "../live/testing";
import { bandOf, type Curve } from "./bands";
import * as errorDistribution from "./errorDistribution";
import type { Skeleton } from "./figure";
import { focusOf } from "./focus";
import { logTicks } from "./logTicks";
import * as paretoFront from "./paretoFront";
import * as progress from "./progress";
import { withColours } from "./theme";
import { thinned } from "./thin";
import * as trialCurve from "./trialCurve";

const skeleton = (name: string): Skeleton =>
  JSON.parse(readFileSync(resolve(import.meta.dirname, `testdata/${name}.json`), "utf-8")) as Skeleton;
const golden = (name: string): string => `./testdata/${name}.figure.json`;
const stored = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;
const all = { selected: null, drawAll: 2000, showsAll: false, showsBaseline: true, across: "trials" } as const;

describe("the Pareto front", () => {
  const state = runState({ numTrials: 8, failed: [3], infeasible: [5], front: [0, 4, 7] });

  it("draws the stored figure", async () => {
    const figure = paretoFront.toFigure(state, skeleton("pareto_front"), { ...all, selected: [0, 4] });
    await expect(stored(figure)).toMatchFileSnapshot(golden("pareto_front"));
  });

  it("gives each trial that has values exactly one point, and counts the failed", () => {
    const figure = paretoFront.toFigure(state, skeleton("pareto_front"), all);
    const drawn = figure.data.flatMap((trace) => trace.customdata as [number, number][]).map(([, number]) => number);
    expect(drawn.sort()).toEqual([0, 1, 2, 4, 5, 6, 7]);
    expect(figure.notes).toEqual(["1 failed trial has no point."]);
  });

  it("goes from left to right along the front, whatever the order of trials", () => {
    const shuffled = runState({ numTrials: 3, front: [0, 1, 2] });
    const macs = shuffled.replicas[0]?.trials.values[1];
    macs?.reverse();
    const front = paretoFront.toFigure(shuffled, skeleton("pareto_front"), all).data[0];
    expect(front?.x).toEqual([1000, 2000, 3000]);
    expect(front?.customdata).toEqual([
      [0, 2],
      [0, 1],
      [0, 0],
    ]);
  });

  it("lets one dominated trial stand for its spot in a large run, and says so", () => {
    const large = runState({ numTrials: 10_000, front: [9999] });
    const figure = paretoFront.toFigure(large, skeleton("pareto_front"), all);
    const dominated = figure.data[0];
    expect((dominated?.x as number[]).length).toBeLessThan(2000);
    expect(figure.notes.join(" ")).toContain("9,999");
  });

  it("puts trial numbers across when there is one objective", () => {
    const one = runState({ numTrials: 3, front: [2] });
    one.objectives.pop();
    const figure = paretoFront.toFigure(one, skeleton("pareto_front_one"), all);
    expect(figure.data.map((trace) => trace.x)).toEqual([[0, 1], [2]]);
  });

  it("is empty without results", () => {
    expect(paretoFront.toFigure(runState({ numTrials: 0 }), skeleton("pareto_front"), all).isEmpty).toBe(true);
  });

  it("lists the front in its table, with the trial each row leads to", () => {
    const { columns, rows } = paretoFront.toTable(state, skeleton("pareto_front"));
    expect(columns.map(({ title }) => title)).toEqual(["Trial", "Accuracy", "MACs"]);
    expect(rows[0]).toEqual({ cells: [0, "0.5", "1K"], trial: [0, 0] });
  });
});

describe("the progress", () => {
  const state = runState({ numTrials: 3 });
  const replica = state.replicas[0];
  if (replica !== undefined) replica.progress = { told_order: [0, 2, 5], hypervolume: [null, 1.5, 1.5], best: [0.4, 0.6, 0.6], spent_seconds: [2, 6, 12] };

  it("draws the stored figure", async () => {
    await expect(stored(progress.toFigure(state, skeleton("progress"), all))).toMatchFileSnapshot(golden("progress"));
  });

  it("says where a person changed the search, in that person's own words", () => {
    const changed = runState({ numTrials: 3 });
    const nothing = { operations: [], constraints: [], parallelism: null, budget_trials: null, budget_wall_seconds: null, num_trials: 0 };
    for (const each of changed.replicas) {
      each.progress = { told_order: [0, 2], hypervolume: [1, 1.5], best: [0.4, 0.6], spent_seconds: [2, 6] };
      each.interventions = [{ ...nothing, number: 0, told_before: 2, kind: "change_parallelism", by: "<b>%{x}</b>", parallelism: 4 }];
    }
    const figure = progress.toFigure(changed, skeleton("progress"), all);
    expect(figure.layout.shapes).toMatchObject([{ x0: 2, x1: 2 }]);
    const points = figure.data.at(-1);
    expect(points).toMatchObject({ x: [2], yaxis: "y3" });
    expect(points?.text).toEqual(["&#60;b&#62;%&#123;x}&#60;/b&#62; set the trials at a time to 4."]);
  });

  it("has no hypervolume with one objective", () => {
    expect(progress.toFigure(state, skeleton("progress_one"), all).data).toHaveLength(1);
  });

  it("counts trials from one in its table", () => {
    expect(progress.toTable(state, skeleton("progress"), all).rows.map((row) => row.cells)).toEqual([
      [1, "–", "0.4"],
      [3, "1.5", "0.6"],
      [6, "1.5", "0.6"],
    ]);
  });
});

describe("the error distribution", () => {
  const state = runState({ numTrials: 4, failed: [3] });
  const column = state.replicas[0]?.trials.values[0];
  column?.splice(0, 3, 0.9, 0.8, 0.9);

  it("draws the stored figure", async () => {
    const figure = errorDistribution.toFigure(state, skeleton("error_distribution"), all);
    await expect(stored(figure)).toMatchFileSnapshot(golden("error_distribution"));
  });

  it("has one step for each distinct error, and ends at the share that did not fail", () => {
    const replica = state.replicas[0];
    if (replica === undefined) throw new Error("the state has a replica");
    const dist = errorDistribution.distribution([replica], skeleton("error_distribution"));
    expect(dist.values.map((value) => Number(value.toFixed(6)))).toEqual([10, 20]);
    expect(dist.shares).toEqual([0.5, 0.75]);
    expect(dist).toMatchObject({ count: 4, numFailed: 1 });
  });

  it("is empty while nothing but failures ended", () => {
    const failed = runState({ numTrials: 1, failed: [0] });
    expect(errorDistribution.toFigure(failed, skeleton("error_distribution"), all).isEmpty).toBe(true);
  });
});

describe("a run with a baseline", () => {
  const state = runState({ numTrials: 4, front: [3], replicas: 2, baseline: true });
  const bests = [
    [0.5, 0.7],
    [0.6, 0.9],
    [0.4, 0.5],
    [0.3, 0.6],
  ];
  state.replicas.forEach((replica, index) => {
    const best = bests[index] ?? [];
    replica.progress = { told_order: [0, 3], hypervolume: best.map((value) => 10 * value), best, spent_seconds: [2 + index, 10] };
  });

  it("draws the stored bands", async () => {
    const figure = progress.toFigure(state, skeleton("progress_bands"), all);
    await expect(stored(figure)).toMatchFileSnapshot(golden("progress_bands"));
  });

  it("draws one line of medians for each side, above its areas, grey and dashed for random", () => {
    const { data } = progress.toFigure(state, skeleton("progress_bands"), all);
    const lines = data.filter(({ name, yaxis }) => typeof name === "string" && name.includes("seeds") && yaxis === undefined);
    expect(lines.map(({ name }) => name)).toEqual(["Search (2 seeds)", "Random search (2 seeds)"]);
    expect(lines.map(({ x, y }) => [x, y])).toEqual([
      [
        [1, 4],
        [0.55, 0.8],
      ],
      [
        [1, 4],
        [0.35, 0.55],
      ],
    ]);
    expect(lines[1]?.line).toMatchObject({ dash: "dash", color: "var(--calm)" });
    expect(data.slice(-4).every(({ fill }) => fill === undefined)).toBe(true);
  });

  it("draws over cost on request, from where every seed has something", () => {
    const { data, layout } = progress.toFigure(state, skeleton("progress_bands"), { across: "cost" });
    const search = data.find(({ name, yaxis }) => name === "Search (2 seeds)" && yaxis === undefined);
    expect(search?.x).toEqual([2, 3, 10]);
    expect(search?.y).toEqual([null, 0.55, 0.8]);
    expect((layout.xaxis as { title: { text: string } }).title.text).toContain("Cost");
  });

  it("shows lowest, median and highest of each side in the table", () => {
    const { rows, columns } = progress.toTable(state, skeleton("progress_bands"), all);
    expect(columns.map(({ title }) => title)).toEqual(["Side", "Value", "Trials learned of", "Lowest", "Median", "Highest", "Seeds"]);
    expect(rows.filter(({ cells }) => cells[0] === "Random search").map(({ cells }) => cells.slice(2))).toContainEqual([
      "4",
      "0.5",
      "0.55",
      "0.6",
      2,
    ]);
  });

  it("keeps random trials out of the front, of its table and of the other series, and hides them on request", () => {
    const figure = paretoFront.toFigure(state, skeleton("pareto_front_baseline"), all);
    const random = figure.data.find(({ name }) => name === "Random search");
    expect((random?.customdata as [number, number][]).map(([replica]) => replica)).toEqual([2, 2, 2, 2, 3, 3, 3, 3]);
    const others = figure.data.filter((trace) => trace !== random).flatMap((trace) => trace.customdata as [number, number][]);
    expect(new Set(others.map(([replica]) => replica))).toEqual(new Set([0, 1]));
    expect(paretoFront.toTable(state, skeleton("pareto_front_baseline")).rows.map(({ trial }) => trial)).toEqual([
      [0, 3],
      [1, 3],
    ]);
    const hidden = paretoFront.toFigure(state, skeleton("pareto_front_baseline"), { ...all, showsBaseline: false });
    expect(hidden.data).toHaveLength(figure.data.length - 1);
  });

  it("has one error distribution for each side, all seeds together", () => {
    const { data } = errorDistribution.toFigure(state, skeleton("error_distribution"), all);
    expect(data.map(({ name }) => name)).toEqual([
      expect.stringContaining("Search (2 seeds): n 8"),
      expect.stringContaining("Random search (2 seeds): n 8"),
    ]);
  });
});

describe("bands", () => {
  interface Case {
    curves: Curve[];
    is_larger_better: boolean;
    band: CurveBand;
  }
  const cases = JSON.parse(readFileSync(resolve(import.meta.dirname, "testdata/bands.json"), "utf-8")) as Case[];

  it.each(cases.map((each, index) => [index, each] as const))("are those of the server: case %i", (_, { curves, is_larger_better, band }) => {
    const found = bandOf(curves, is_larger_better);
    expect(found.positions).toEqual(band.positions);
    expect(found.counts).toEqual(band.counts);
    for (const name of ["median", "lower", "upper", "minimum", "maximum"] as const) {
      expect(found[name].map((value) => value?.toFixed(9) ?? null)).toEqual(band[name].map((value) => value?.toFixed(9) ?? null));
    }
  });
});

describe("the learning curve", () => {
  const metrics = { accuracy: [0.3, 0.5], learning_rate: [0.1, 0.01], loss: [2.1, 1.9], seconds: [1, 2], train_loss: [2, null] };
  const curve = { steps: [1, 2], metrics };

  it("draws the stored figure", async () => {
    await expect(stored(trialCurve.toFigure(curve, skeleton("trial_curve")))).toMatchFileSnapshot(golden("trial_curve"));
  });

  it("draws the metrics that the server names, in its panels, and keeps gaps", () => {
    const { data } = trialCurve.toFigure(curve, skeleton("trial_curve"));
    expect(data.map(({ name, yaxis }) => [name, yaxis])).toEqual([
      ["Validation accuracy", "y"],
      ["Validation loss", "y2"],
      ["Training loss", "y2"],
    ]);
    expect(data[2]?.y).toEqual([2, null]);
  });

  it("leaves no room for a panel without a metric", () => {
    const { layout } = trialCurve.toFigure({ steps: [1], metrics: { accuracy: [0.5] } }, skeleton("trial_curve"));
    expect(layout.yaxis).toMatchObject({ domain: [0, 1] });
    expect(layout).not.toHaveProperty("yaxis2");
  });

  it("lists every metric in its table", () => {
    const { columns, rows } = trialCurve.toTable(curve, skeleton("trial_curve"));
    expect(columns.map(({ title }) => title)).toContain("Learning rate");
    expect(rows[1]?.cells).toEqual([2, "0.5", "0.01", "1.9", "2", "–"]);
  });
});

describe("focus", () => {
  const learned = [0.991, 0.985, 0.982, 0.978, 0.972, 0.968, 0.955];

  it("holds everything but what did not learn", () => {
    const [low, high] = focusOf([0.1, ...learned, 0.1], "low") ?? [0, 0];
    expect(low).toBeGreaterThan(0.94);
    expect(low).toBeLessThan(0.955);
    expect(high).toBeGreaterThan(0.991);
  });

  it("tells values apart when most of them are the same", () => {
    const [low, high] = focusOf([0.99, 0.99, 0.99, 0.99, 0.97, 0.1], "low") ?? [0, 0];
    expect(low).toBeCloseTo(0.97 - 0.06 * 0.02, 6);
    expect(high).toBeCloseTo(0.99 + 0.06 * 0.02, 6);
  });

  it("cuts off the high end where less is better", () => {
    const [low, high] = focusOf(learned.map((value) => 1 - value).concat(0.9), "high") ?? [0, 0];
    expect(low).toBeLessThan(0.009);
    expect(high).toBeCloseTo(0.045 + 0.06 * 0.036, 6);
  });

  it.each([
    ["few values", [0.1, 0.9, 0.91, 0.92]],
    ["values that are spread", [0.1, 0.3, 0.5, 0.6, 0.7, 0.9]],
    ["equal values", [0.5, 0.5, 0.5, 0.5, 0.5, 0.1]],
    ["half of them far worse", [0.9, 0.91, 0.92, 0.1, 0.1, 0.1]],
  ])("shows all of %s", (_name, values) => {
    expect(focusOf(values, "low")).toBeNull();
  });

  it("narrows the front's axis of accuracy, says how many are outside, and shows them on request", () => {
    const state = runState({ numTrials: 9, front: [0, 8] });
    state.replicas[0]?.trials.values.splice(0, 1, [0.1, ...learned, 0.1]);
    const figure = paretoFront.toFigure(state, skeleton("pareto_front"), all);
    expect(figure.numOutside).toBe(2);
    expect(figure.notes[0]).toContain("2 trials are far worse");
    expect(figure.layout.yaxis).toHaveProperty("range");
    expect(figure.layout.xaxis).not.toHaveProperty("range");
    const whole = paretoFront.toFigure(state, skeleton("pareto_front"), { ...all, showsAll: true });
    expect(whole.layout.yaxis).not.toHaveProperty("range");
    expect(whole.notes).toEqual([]);
    expect(whole.numOutside).toBe(2);
  });

  it("leaves the shares of the error distribution as they are", () => {
    const state = runState({ numTrials: 8 });
    state.replicas[0]?.trials.values.splice(0, 1, [0.1, ...learned]);
    const figure = errorDistribution.toFigure(state, skeleton("error_distribution"), all);
    expect(figure.layout.xaxis).toHaveProperty("range");
    expect(figure.notes[0]).toContain("1 trial is far worse");
    expect((figure.data[0]?.y as number[]).slice(-2)).toEqual([7 / 8, 1]);
  });
});

describe("thinned", () => {
  it("keeps all points up to the limit", () => {
    expect(thinned({ x: [1, 1], y: [2, 2] }, { x: false, y: false }, 2)).toEqual([0, 1]);
  });

  it("keeps the first of those on one spot, and the extremes", () => {
    expect(thinned({ x: [1, 1, 100], y: [1, 1, 5] }, { x: true, y: false }, 1)).toEqual([0, 2]);
  });

  it("tells points apart where the reader looks, however far away others are", () => {
    const points = { x: [1, 1, 1], y: [0.97, 0.98, -1000] };
    expect(thinned(points, { x: false, y: false }, 1)).toEqual([0, 2]);
    expect(thinned(points, { x: false, y: false }, 1, { y: [0.9, 1] })).toEqual([0, 1, 2]);
  });
});

describe("logTicks", () => {
  it.each([
    [[100, 900], { dtick: "D1" }],
    [[1, 500], { dtick: "D2" }],
    [[1, 1e6], { dtick: 1 }],
    [[0, 5], { dtick: "D1" }],
    [[], { dtick: "D1" }],
  ])("%j → %j", (values, ticks) => {
    expect(logTicks(values)).toEqual(ticks);
  });

  it.each([
    [[4680, 4726], [4640, 4650, 4660, 4670, 4680, 4690, 4700, 4710, 4720, 4730, 4740, 4750, 4760, 4770]],
    [[0.6, 0.7, 0.9], [0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.1, 1.2]],
  ])("labels %j, which lie between two digits, with round numbers", (values, tickvals) => {
    expect(logTicks(values)).toEqual({ tickmode: "array", tickvals });
  });
});

describe("withColours", () => {
  it("replaces tokens however deep, and leaves columns alone", () => {
    const column = [1, null, 3];
    const figure = { x: column, marker: { color: "var(--data-1)" }, scale: [[0, "var(--heat-low)"]], text: "var(x)" };
    const coloured = withColours(figure, (token) => `<${token}>`);
    expect(coloured.marker.color).toBe("<--data-1>");
    expect(coloured.scale).toEqual([[0, "<--heat-low>"]]);
    expect(coloured.x).toBe(column);
    expect(coloured.text).toBe("var(x)");
  });
});
