/** A chart of the run page: skeleton of the server, columns of the store, arrow keys through the front. */
import * as errorDistribution from "../charts/errorDistribution";
import type { Across, ChartView, Figure, Skeleton, Table } from "../charts/figure";
import { ChartFrame } from "../charts/frame";
import * as paretoFront from "../charts/paretoFront";
import * as progress from "../charts/progress";
import { announce } from "../controllers/toast";
import { gettext } from "../i18n/text";
import type { RunState } from "../live/reduce";
import type { RunStore } from "../live/store";
import type { Selection } from "./selection";

interface Chart {
  toFigure: (state: RunState, skeleton: Skeleton, view: ChartView) => Figure;
  toTable: (state: RunState, skeleton: Skeleton, view: ChartView) => Table;
}

const DRAW_ALL = 2000;

const CHARTS: Record<string, Chart> = {
  pareto_front: {
    toFigure: (state, skeleton, view) => paretoFront.toFigure(state, skeleton, { ...view, drawAll: DRAW_ALL }),
    toTable: paretoFront.toTable,
  },
  progress,
  error_distribution: errorDistribution,
};

export function runChart(element: HTMLElement, store: RunStore, selection: Selection): () => void {
  const frame = new ChartFrame(element, (trial) => selection.choose(trial));
  const { skeleton, host } = frame;
  const chart = CHARTS[skeleton.name];
  if (chart === undefined) throw new Error(`there is no chart ${skeleton.name}`);
  const baseline = element.querySelector<HTMLElement>("[data-chart-baseline]");
  const overs = [...element.querySelectorAll<HTMLElement>("[data-across]")];
  let showsBaseline = baseline !== null;
  let across: Across = skeleton.settings.across === "cost" ? "cost" : "trials";
  const view = (showsAll: boolean): ChartView => ({ selected: selection.trial, showsAll, showsBaseline, across });

  const draw = (): void => {
    const { state } = store;
    if (state === null) return;
    frame.update({
      toFigure: (showsAll) => chart.toFigure(store.state ?? state, skeleton, view(showsAll)),
      toTable: (showsAll) => chart.toTable(store.state ?? state, skeleton, view(showsAll)),
      choice: across,
    });
  };
  baseline?.addEventListener("click", () => {
    showsBaseline = !showsBaseline;
    baseline.setAttribute("aria-pressed", String(showsBaseline));
    draw();
  });
  for (const over of overs) {
    over.addEventListener("click", () => {
      across = over.dataset.across === "cost" ? "cost" : "trials";
      for (const each of overs) each.setAttribute("aria-pressed", String(each === over));
      draw();
    });
  }
  store.onState(draw);
  if (skeleton.name === "pareto_front") {
    selection.onChange(draw);
    host.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (step === undefined || store.state === null) return;
      event.preventDefault();
      walk(chart.toTable(store.state, skeleton, view(false)), selection, step);
    });
  }
  return () => frame.destroy();
}

/** Chooses the next point of the front, from left to right, and says what it is. */
function walk(table: Table, selection: Selection, step: number): void {
  const chosen = selection.trial?.join(".");
  const at = table.rows.findIndex((row) => row.trial?.join(".") === chosen);
  const next = at < 0 ? (step > 0 ? 0 : table.rows.length - 1) : at + step;
  const row = table.rows[Math.max(0, Math.min(table.rows.length - 1, next))];
  if (row?.trial === undefined) return;
  selection.choose(row.trial);
  const parts = row.cells.map((cell, index) => `${table.columns[index]?.title ?? ""} ${cell ?? "–"}`);
  announce(gettext("Chosen: %(what)s", { what: parts.join(", ") }));
}
