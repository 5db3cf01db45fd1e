/** A chart of a comparison: skeleton of the server, columns of the store. */
import type { Figure, Skeleton, Table } from "../charts/figure";
import { ChartFrame } from "../charts/frame";
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
  const frame = new ChartFrame(element);
  const { skeleton } = frame;
  const chart = CHARTS[skeleton.name];
  if (chart === undefined) throw new Error(`there is no chart ${skeleton.name}`);

  const draw = (): void => {
    frame.update({
      toFigure: (showsAll) => chart.toFigure(store.view(showsAll), skeleton),
      toTable: (showsAll) => chart.toTable(store.view(showsAll), skeleton),
      choice: store.across,
    });
    for (const button of element.querySelectorAll<HTMLElement>("[data-across]")) {
      button.setAttribute("aria-pressed", String(button.dataset.across === store.across));
    }
  };
  for (const button of element.querySelectorAll<HTMLElement>("[data-across]")) {
    button.addEventListener("click", () => store.show({ across: button.dataset.across as Across }));
  }
  const trials = element.querySelector<HTMLInputElement>("[data-show-trials]");
  trials?.addEventListener("change", () => store.show({ showsTrials: trials.checked }));
  store.onChange(draw);
  return () => frame.destroy();
}
