import { describe, expect, it } from "vitest";

import type { Skeleton } from "../charts/figure";
import { withColours } from "../charts/theme";
import type { Arm, Comparison, CurveBand } from "../live/events.generated";
import type { RunState } from "../live/reduce";
import { runState } from "../live/testing";
import * as curves from "./curves";
import * as distributions from "./distributions";
import * as fronts from "./fronts";
import { lookOf } from "./looks";
import type { CompareView } from "./view";

const NOTHING: CurveBand = { positions: [], counts: [], median: [], lower: [], upper: [], minimum: [], maximum: [] };

function arm(run: number, more: Partial<Arm> = {}): Arm {
  return {
    run,
    is_baseline: false,
    replicas: [0],
    num_trials: 3,
    num_failed: 0,
    cost_seconds: 6,
    finals: [0.9],
    hypervolumes: [1],
    best: null,
    front: { replica: [0, 0], number: [2, 1], values: [[0.7, 0.9], [100, 400]] },
    best_by_trials: { ...NOTHING, positions: [1, 3], counts: [1, 1], median: [0.7, 0.9] },
    best_by_cost: { ...NOTHING, positions: [2, 6], counts: [1, 1], median: [0.7, 0.9] },
    hypervolume_by_trials: NOTHING,
    hypervolume_by_cost: NOTHING,
    distribution: null,
    ...more,
  };
}

function comparison(arms: Arm[]): Comparison {
  const runs = [...new Set(arms.map(({ run }) => run))];
  return {
    seq: 0,
    runs: runs.map((id, place) => ({
      id,
      place,
      name: `Run ${id}`,
      team: "Curie",
      state: "completed",
      is_simulated: false,
      columns: [0, 1],
    })),
    refusal: "",
    objectives: runState({ numTrials: 0 }).objectives,
    reference_point: [0, 1000],
    notices: [],
    arms,
    results: [],
    differences: [],
    settings: [],
  };
}

function skeleton(more: Partial<Skeleton> = {}): Skeleton {
  return {
    name: "compared",
    title: "",
    caption: "",
    empty: "",
    traces: { front: { marker: { size: 9 } }, trials: { showlegend: false }, median: {}, band: {}, edf: {} },
    layout: { xaxis: {}, yaxis: {} },
    texts: {
      trial: "Trial %(number)s",
      baseline: "%(run)s: random",
      one_seed: "%(run)s (single seed)",
      some_seeds: "%(run)s (median of %(count)s seeds)",
      legend: "n %(n)s",
      legend_failed: "n %(n)s (%(failed)s failed)",
      thinned: "%(drawn)s of %(total)s",
      trials: "Trials",
      cost: "Seconds",
    },
    settings: {},
    ...more,
  };
}

function view(arms: Arm[], more: Partial<CompareView> = {}): CompareView {
  return { comparison: comparison(arms), states: new Map(), across: "trials", showsTrials: false, showsAll: false, ...more };
}

const looks = (figure: { data: Record<string, unknown>[] }): unknown[] =>
  figure.data.map(({ name, line, marker }) => ({
    name,
    color: (line as { color: string }).color,
    symbol: (marker as { symbol: string } | undefined)?.symbol,
  }));

describe("fronts", () => {
  it("have one colour and one shape per run, and a hollow one for its baseline", () => {
    const figure = fronts.toFigure(view([arm(3), arm(3, { is_baseline: true }), arm(7)]), skeleton());
    expect(looks(figure)).toEqual([
      { name: "Run 3", color: "var(--data-1)", symbol: "circle" },
      { name: "Run 3: random", color: "var(--data-1)", symbol: "circle-open" },
      { name: "Run 7", color: "var(--data-2)", symbol: "square" },
    ]);
    expect(figure.data[0]).toMatchObject({ x: [100, 400], y: [0.7, 0.9], customdata: [[0, 2], [0, 1]] });
  });

  it("show the trials of the arm's own replicas behind them on request", () => {
    const states = new Map([[3, runState({ numTrials: 4, failed: [1], infeasible: [2], replicas: 2 })]]);
    expect(fronts.toFigure(view([arm(3)], { states }), skeleton()).data).toHaveLength(1);
    const figure = fronts.toFigure(view([arm(3)], { states, showsTrials: true }), skeleton());
    expect(figure.data).toHaveLength(2);
    expect(figure.data[0]).toMatchObject({ x: [1000, 4000], y: [0.5, 0.503], showlegend: false });
  });

  it("find the shared objectives where each run has them", () => {
    const state = runState({ numTrials: 2 });
    const turned: RunState = { ...state, replicas: state.replicas.map((r) => ({ ...r, trials: { ...r.trials, values: r.trials.values.toReversed() } })) };
    const found = comparison([arm(3)]).runs.map((run) => fronts.trialsOf(turned, { ...run, columns: [1, 0] }, [0]));
    expect(found).toEqual([{ x: [1000, 2000], y: [0.5, 0.501] }]);
  });

  it("say nothing while there is none, and stand in the table otherwise", () => {
    const none = arm(3, { front: { replica: [], number: [], values: [] } });
    expect(fronts.toFigure(view([none]), skeleton()).isEmpty).toBe(true);
    const { rows } = fronts.toTable(view([arm(3), arm(7)]), skeleton());
    expect(rows.map(({ cells }) => cells.slice(0, 2))).toEqual([["Run 3", 2], ["Run 3", 1], ["Run 7", 2], ["Run 7", 1]]);
  });
});

describe("curves", () => {
  const seeds: CurveBand = {
    positions: [1, 2, 3, 4],
    counts: [3, 3, 3, 1],
    median: [null, 0.5, 0.6, 0.4],
    lower: [null, 0.45, 0.55, 0.4],
    upper: [0.4, 0.55, 0.65, 0.4],
    minimum: [null, 0.4, 0.5, 0.4],
    maximum: [0.4, 0.6, 0.7, 0.4],
  };
  const best = skeleton({ settings: { series: "best" } });

  it("of one seed are plain lines that say so", () => {
    const figure = curves.toFigure(view([arm(3)]), best);
    expect(figure.data).toHaveLength(1);
    expect(figure.data[0]).toMatchObject({ x: [1, 3], y: [0.7, 0.9], name: "Run 3 (single seed)" });
  });

  it("over cost are drawn against seconds", () => {
    const figure = curves.toFigure(view([arm(3)], { across: "cost" }), best);
    expect(figure.data[0]).toMatchObject({ x: [2, 6] });
    expect(figure.layout.xaxis).toMatchObject({ title: { text: "Seconds" } });
  });

  it("of several seeds have two areas, where all of them have got to and all have found something", () => {
    const figure = curves.toFigure(view([arm(3, { replicas: [0, 1, 2], best_by_trials: seeds })]), best);
    expect(figure.data).toHaveLength(5);
    const [low, high, , , median] = figure.data;
    expect(low).toMatchObject({ x: [2, 3], y: [0.4, 0.5] });
    expect(high).toMatchObject({ x: [2, 3], y: [0.6, 0.7], fill: "tonexty", fillcolor: "var(--data-1) / 0.1" });
    expect(median).toMatchObject({ x: [1, 2, 3], y: [null, 0.5, 0.6], name: "Run 3 (median of 3 seeds)" });
  });

  it("are empty where no hypervolume is known", () => {
    expect(curves.toFigure(view([arm(3)]), skeleton({ settings: { series: "hypervolume" } })).isEmpty).toBe(true);
  });
});

describe("distributions", () => {
  it("are one per arm over all its seeds, failed trials counted", () => {
    const states = new Map([[3, runState({ numTrials: 4, failed: [0], replicas: 2 })]]);
    const one = skeleton({ settings: { objective: 0, as_error_percent: true, maximise: false } });
    const figure = distributions.toFigure(view([arm(3, { replicas: [0, 1] }), arm(7)], { states }), one);
    expect(figure.data).toHaveLength(1); // of run 7 nothing is known yet
    expect(figure.data[0]?.name).toBe("Run 3: n 8 (2 failed)");
    const shares = figure.data[0]?.y as number[];
    expect(shares[0]).toBe(0);
    expect(shares.at(-1)).toBeCloseTo(6 / 8);
  });
});

describe("looks", () => {
  it("differ for eight runs", () => {
    const all = Array.from({ length: 8 }, (_, place) => lookOf(place, false));
    expect(new Set(all.map(({ color }) => color)).size).toBe(8);
    expect(new Set(all.map(({ symbol }) => symbol)).size).toBe(8);
  });

  it("keep a run's name text, in the chart and in its table", () => {
    const best = skeleton({ settings: { series: "best" } });
    const typed = '<a href="http://x">%{y}</a> &amp;';
    const one = view([arm(3)]);
    for (const run of one.comparison.runs) run.name = typed;
    const figure = curves.toFigure(one, best);
    const written = "&#60;a href=\"http://x\"&#62;%&#123;y}&#60;/a&#62; &#38;amp;";
    expect(figure.data.at(-1)?.name).toContain(written);
    expect(figure.data.at(-1)?.hovertemplate).toContain(`<b>${written}</b>`);
    expect(curves.toTable(one, best).rows[0]?.cells[0]).toBe(typed);
  });
});

describe("colours", () => {
  it("of areas shine through", () => {
    const colourOf = (token: string): string => (token === "--data-1" ? "rgb(0, 104, 168)" : "");
    expect(withColours({ fillcolor: "var(--data-1) / 0.1" }, colourOf)).toEqual({ fillcolor: "rgba(0, 104, 168, 0.1)" });
    expect(withColours("var(--data-1)", colourOf)).toBe("rgb(0, 104, 168)");
  });
});
