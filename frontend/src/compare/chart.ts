/** A chart of a comparison: skeleton of the server, columns of the store, table behind a button. */
import { ChartTable } from "../charts/chartTable";
import type { Figure, Skeleton, Table } from "../charts/figure";
import { Mount } from "../charts/mount";
import { readSkeleton } from "../charts/readSkeleton";
import type { CompareStore } from "./compareStore";
import * as curves from "./curves";
import * as distributions from "./distributions";
import * as fronts from "./fronts";
import type { Across, CompareView } from "./view";

interface Chart {
  toFigure: (view: CompareView, skeleton: Skeleton) => Figure;
  toTable: (view: CompareView, skeleton: Skeleton) => Table;
}

const CHARTS: Record<string, Chart> = {
  compared_fronts: fronts,
  compared_hypervolume: curves,
  compared_best: curves,
  compared_distribution: distributions,
};

export function compareChart(element: HTMLElement, store: CompareStore): () => void {
  const skeleton = readSkeleton(element);
  const chart = CHARTS[skeleton.name];
  const host = element.querySelector<HTMLElement>("[data-chart-plot]");
  if (chart === undefined || host === null) throw new Error(`there is no chart ${skeleton.name}`);
  const empty = element.querySelector<HTMLElement>("[data-chart-empty]");
  const notes = element.querySelector<HTMLElement>("[data-chart-notes]");
  const all = element.querySelector<HTMLElement>("[data-chart-all]");
  const table = new ChartTable(element);
  let showsAll = false;
  const mount = new Mount(host, skeleton.name, { onAutoRange: () => showAll(true) });

  const draw = (): void => {
    mount.update(() => {
      const figure = chart.toFigure(store.view(showsAll), skeleton);
      // Another choice begins with its own range; within one, the reader's zoom stays.
      figure.layout = { ...figure.layout, uirevision: `${skeleton.name} ${showsAll} ${store.across}` };
      if (all !== null) all.hidden = figure.numOutside === 0;
      if (empty !== null) empty.hidden = !figure.isEmpty;
      host.classList.toggle("is-empty", figure.isEmpty);
      if (notes !== null) notes.textContent = figure.notes.join(" ");
      return figure;
    });
    table.update(() => chart.toTable(store.view(showsAll), skeleton));
    for (const button of element.querySelectorAll<HTMLElement>("[data-across]")) {
      button.setAttribute("aria-pressed", String(button.dataset.across === store.across));
    }
  };
  const showAll = (wanted: boolean): void => {
    if (all === null || all.hidden || wanted === showsAll) return;
    showsAll = wanted;
    all.setAttribute("aria-pressed", String(showsAll));
    draw();
  };
  all?.addEventListener("click", () => showAll(!showsAll));
  for (const button of element.querySelectorAll<HTMLElement>("[data-across]")) {
    button.addEventListener("click", () => store.show({ across: button.dataset.across as Across }));
  }
  const trials = element.querySelector<HTMLInputElement>("[data-show-trials]");
  trials?.addEventListener("change", () => store.show({ showsTrials: trials.checked }));
  store.onChange(draw);
  return () => mount.destroy();
}
