/** A chart of the run page: skeleton of the server, columns of the store, table behind a button, arrow keys through the front. */
import { ChartTable } from "../charts/chartTable";
import * as errorDistribution from "../charts/errorDistribution";
import type { Across, ChartView, Figure, Skeleton, Table } from "../charts/figure";
import { Mount } from "../charts/mount";
import * as paretoFront from "../charts/paretoFront";
import * as progress from "../charts/progress";
import { readSkeleton } from "../charts/readSkeleton";
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
  const skeleton = readSkeleton(element);
  const chart = CHARTS[skeleton.name];
  const host = element.querySelector<HTMLElement>("[data-chart-plot]");
  if (chart === undefined || host === null) throw new Error(`there is no chart ${skeleton.name}`);
  const empty = element.querySelector<HTMLElement>("[data-chart-empty]");
  const notes = element.querySelector<HTMLElement>("[data-chart-notes]");
  const table = new ChartTable(element);
  const all = element.querySelector<HTMLElement>("[data-chart-all]");
  const baseline = element.querySelector<HTMLElement>("[data-chart-baseline]");
  const overs = [...element.querySelectorAll<HTMLElement>("[data-across]")];
  let showsAll = false;
  let showsBaseline = baseline !== null;
  let across: Across = skeleton.settings.across === "cost" ? "cost" : "trials";
  const view = (): ChartView => ({ selected: selection.trial, showsAll, showsBaseline, across });
  const mount = new Mount(host, skeleton.name, {
    onSelect: (trial) => selection.choose(trial),
    onAutoRange: () => showAll(true), // a double click
  });

  const draw = (): void => {
    const { state } = store;
    if (state === null) return;
    mount.update(() => {
      const figure = chart.toFigure(store.state ?? state, skeleton, view());
      // Another choice begins with its own range; within one, the reader's zoom stays.
      figure.layout = { ...figure.layout, uirevision: `${skeleton.name} ${showsAll} ${across}` };
      if (all !== null) all.hidden = figure.numOutside === 0;
      if (empty !== null) empty.hidden = !figure.isEmpty;
      host.classList.toggle("is-empty", figure.isEmpty);
      if (notes !== null) notes.textContent = figure.notes.join(" ");
      return figure;
    });
    table.update(() => chart.toTable(store.state ?? state, skeleton, view()));
  };
  const showAll = (wanted: boolean): void => {
    if (all === null || all.hidden || wanted === showsAll) return;
    showsAll = wanted;
    all.setAttribute("aria-pressed", String(showsAll));
    draw();
  };
  all?.addEventListener("click", () => showAll(!showsAll));
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
      walk(chart.toTable(store.state, skeleton, view()), selection, step);
    });
  }
  return () => mount.destroy();
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
