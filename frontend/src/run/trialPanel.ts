/** The panel beside the front: the chosen trial, or the best while none is chosen; its curve grows live. */
import { ChartTable } from "../charts/chartTable";
import type { Skeleton, TrialRef } from "../charts/figure";
import { Mount } from "../charts/mount";
import { toFigure, toTable, type Curve } from "../charts/trialCurve";
import { attach, detach } from "../controllers/attach";
import type { Received, RunStore } from "../live/store";
import { parseTrial, type Selection } from "./selection";

const PAUSE_MS = 1000;

/** `addition` behind `curve`; a metric that only one of them has is filled with gaps. */
export function grown(curve: Curve, addition: Curve): Curve {
  const metrics: Curve["metrics"] = {};
  const gaps = (count: number): null[] => Array.from({ length: count }, () => null);
  for (const name of new Set([...Object.keys(curve.metrics), ...Object.keys(addition.metrics)])) {
    const before = curve.metrics[name] ?? gaps(curve.steps.length);
    const behind = addition.metrics[name] ?? gaps(addition.steps.length);
    metrics[name] = [...before, ...behind];
  }
  return { steps: [...curve.steps, ...addition.steps], metrics };
}

class CurveChart {
  private curve: Curve = { steps: [], metrics: {} };
  private readonly mount: Mount | null;
  private readonly table: ChartTable;
  private isFetching = false;
  private isWanted = false;

  constructor(
    private readonly root: HTMLElement,
    private readonly url: string,
    private readonly skeleton: Skeleton,
  ) {
    const host = root.querySelector<HTMLElement>("[data-chart-plot]");
    this.mount = host === null ? null : new Mount(host, skeleton.name);
    this.table = new ChartTable(root);
    const caption = root.querySelector("figcaption");
    if (caption !== null) caption.textContent = skeleton.caption;
    const empty = root.querySelector<HTMLElement>("[data-chart-empty]");
    if (empty !== null) empty.textContent = skeleton.empty;
    void this.fetch();
  }

  /** Fetches what lies behind the last step; asked again meanwhile, once more afterwards. */
  async fetch(): Promise<void> {
    if (this.isFetching) {
      this.isWanted = true;
      return;
    }
    this.isFetching = true;
    try {
      const after = this.curve.steps.at(-1);
      const response = await fetch(after === undefined ? this.url : `${this.url}?after=${after}`);
      if (response.ok) this.curve = grown(this.curve, (await response.json()) as Curve);
    } catch {
      // The connection is gone; the next event about this curve fetches what is missing.
    } finally {
      this.isFetching = false;
    }
    this.draw();
    if (!this.isWanted) return;
    this.isWanted = false;
    setTimeout(() => void this.fetch(), PAUSE_MS);
  }

  destroy(): void {
    this.mount?.destroy();
  }

  private draw(): void {
    const empty = this.root.querySelector<HTMLElement>("[data-chart-empty]");
    if (empty !== null) empty.hidden = this.curve.steps.length > 0;
    if (this.curve.steps.length > 0) this.mount?.update(() => toFigure(this.curve, this.skeleton));
    this.table.update(() => toTable(this.curve, this.skeleton));
  }
}

export function trialPanel(element: HTMLElement, store: RunStore, selection: Selection, trialsUrl: string): void {
  const content = element.querySelector<HTMLElement>("[data-trial-content]");
  const skeleton = JSON.parse(document.getElementById("trial-curve-figure")?.textContent ?? "{}") as Skeleton;
  if (content === null) return;
  let shown: TrialRef | null = null;
  let curve: CurveChart | null = null;
  let wanted = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let opener: Element | null = null;

  const load = async (): Promise<void> => {
    const turn = (wanted += 1);
    const { trial } = selection;
    const path = trial === null ? "best/" : `${trial[0]}/${trial[1]}/`;
    const response = await fetch(trialsUrl + path).catch(() => null);
    if (response?.ok !== true || turn !== wanted) return; // gone, or another was chosen meanwhile
    curve?.destroy();
    detach(content);
    content.innerHTML = await response.text(); // our own server's template
    attach(content);
    const panel = content.querySelector<HTMLElement>("[data-trial]");
    shown = parseTrial(panel?.dataset.trial);
    const root = content.querySelector<HTMLElement>("[data-curve]");
    const url = panel?.dataset.curveUrl;
    curve = root === null || url === undefined ? null : new CurveChart(root, url, skeleton);
  };

  const follow = (events: readonly Received[]): void => {
    let isStale = false;
    for (const { event } of events) {
      if (event.type === "curve_grew" && isShown(shown, event.replica, event.number)) void curve?.fetch();
      if (event.type === "trials_finished") {
        isStale ||= event.trials.some((row) => isShown(shown, event.replica, row.number));
      }
      if (event.type === "trial_started") isStale ||= isShown(shown, event.replica, event.number);
      if (event.type === "front_changed") isStale ||= selection.trial === null && event.added.length > 0;
    }
    if (isStale && !isInUse(element)) timer ??= setTimeout(reload, PAUSE_MS);
  };
  const reload = (): void => {
    timer = undefined;
    void load();
  };

  const close = (): void => {
    delete element.dataset.open;
    if (opener instanceof HTMLElement) opener.focus();
  };
  element.addEventListener("click", (event) => {
    if (event.target instanceof Element && event.target.closest("[data-panel-close]") !== null) close();
  });
  element.addEventListener("keydown", (event) => {
    if (event.key === "Escape") close();
  });

  selection.onChange((_trial, byReader) => {
    if (byReader && element.dataset.open === undefined) opener = document.activeElement;
    void load().then(() => {
      if (!byReader) return;
      element.dataset.open = "";
      element.scrollTop = 0;
      if (getComputedStyle(element).position === "fixed") element.focus();
    });
  });
  store.onEvents(follow);
}

function isShown(shown: TrialRef | null, replica: number, number: number): boolean {
  return shown?.[0] === replica && shown[1] === number;
}

/** A reader who opened something in the panel is not interrupted. */
function isInUse(element: HTMLElement): boolean {
  return element.querySelector("details[open], [data-chart-table]:not([hidden])") !== null;
}
