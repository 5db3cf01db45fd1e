/**
 * A chart in its card: the plot, what stands there while it is empty, notes below it, the table behind a button, and the button
 * that shows also what lies far outside. templates/components/chart.html draws the card.
 */
import { ChartTable } from "./chartTable";
import type { Figure, Skeleton, Table, TrialRef } from "./figure";
import { Mount } from "./mount";
import { readSkeleton } from "./readSkeleton";

/** What the frame shows. Both are called when it is time to draw, so a state that is replaced meanwhile costs nothing. */
export interface Content {
  toFigure: (showsAll: boolean) => Figure;
  toTable: (showsAll: boolean) => Table;
  /** What the reader chose to see: another choice begins with its own range; within one, the reader's zoom stays. */
  choice?: string | number;
}

export class ChartFrame {
  readonly skeleton: Skeleton;
  readonly host: HTMLElement;

  private readonly mount: Mount;
  private readonly table: ChartTable;
  private readonly all: HTMLElement | null;
  private readonly empty: HTMLElement | null;
  private readonly notes: HTMLElement | null;
  private showsAll = false;
  private content: Content | null = null;

  constructor(root: HTMLElement, onSelect: (trial: TrialRef) => void = () => undefined) {
    const host = root.querySelector<HTMLElement>("[data-chart-plot]");
    if (host === null) throw new Error("a chart has no place to be drawn");
    this.host = host;
    this.skeleton = readSkeleton(root);
    this.table = new ChartTable(root);
    this.all = root.querySelector("[data-chart-all]");
    this.empty = root.querySelector("[data-chart-empty]");
    this.notes = root.querySelector("[data-chart-notes]");
    this.mount = new Mount(host, this.skeleton.name, { onSelect, onAutoRange: () => this.showAll(true) });
    this.all?.addEventListener("click", () => this.showAll(!this.showsAll));
  }

  update(content: Content): void {
    this.content = content;
    this.draw();
  }

  destroy(): void {
    this.mount.destroy();
  }

  private showAll(wanted: boolean): void {
    if (this.all === null || this.all.hidden || wanted === this.showsAll) return;
    this.showsAll = wanted;
    this.all.setAttribute("aria-pressed", String(wanted));
    this.draw();
  }

  private draw(): void {
    const { content, showsAll } = this;
    if (content === null) return;
    this.mount.update(() => {
      const figure = content.toFigure(showsAll);
      figure.layout = { ...figure.layout, uirevision: `${this.skeleton.name} ${showsAll} ${content.choice ?? ""}` };
      if (this.all !== null) this.all.hidden = figure.numOutside === 0;
      if (this.empty !== null) this.empty.hidden = !figure.isEmpty;
      this.host.classList.toggle("is-empty", figure.isEmpty);
      if (this.notes !== null) this.notes.textContent = figure.notes.join(" ");
      return figure;
    });
    this.table.update(() => content.toTable(showsAll));
  }
}
