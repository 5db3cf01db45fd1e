/**
 * Draws figures into an element: `Plotly.react` with a stable `uirevision`, in the page's colours, in the element's size.
 * Updates are merged to at most four a second, fewer where drawing is slow, and wait while the chart is out of sight. The first drawing waits at most until
 * the browser has nothing else to do, so that nobody scrolls to an empty frame; before printing all is brought up to date.
 */
import { onThemeChange } from "../controllers/theme";
import type { Figure, TrialRef } from "./figure";
import { loadPlotly, type PlotElement, type Plotly } from "./plotly";
import { themed, tokenReader, withColours } from "./theme";

const PAUSE_MS = 250;
/** Between two drawings passes at least so many times what one takes: numbers and texts must not wait behind pictures. */
const REST = 8;
const CONFIG = {
  displaylogo: false,
  responsive: false, // the observer below also sees a panel that is resized, not only the window
  modeBarButtonsToRemove: ["select2d", "lasso2d", "autoScale2d"],
};

let turn: Promise<void> = Promise.resolve();

/** One drawing per task: between two of them the browser takes in what the server sent and what the reader did. */
function nextTurn(): Promise<void> {
  turn = turn.then(() => new Promise((resolve) => setTimeout(resolve, 0)));
  return turn;
}

export interface MountEvents {
  onSelect?: (trial: TrialRef) => void;
  /** The reader asked for the range of all points: a double click, or the button of Plotly. */
  onAutoRange?: () => void;
}

export class Mount {
  private plotly: Plotly | null = null;
  private plot: PlotElement | null = null;
  private build: (() => Figure) | null = null;
  private drawn: Figure | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private isSeen = false;
  private isIdle = false;
  private isDrawing = false;
  private pauseMs = 0; // the first drawing is wanted at once
  private readonly seen: IntersectionObserver;
  private readonly sized: ResizeObserver;
  private readonly endTheme: () => void;

  constructor(
    private readonly host: HTMLElement,
    private readonly name: string,
    private readonly events: MountEvents = {},
  ) {
    this.seen = new IntersectionObserver((entries) => {
      this.isSeen = entries.at(-1)?.isIntersecting ?? false;
      this.request();
    });
    this.seen.observe(host);
    whenIdle(() => {
      this.isIdle = true;
      this.request();
    });
    window.addEventListener("beforeprint", this.flush);
    this.sized = new ResizeObserver(() => {
      if (this.plot !== null && host.offsetWidth > 0) void this.plotly?.Plots.resize(host);
    });
    this.sized.observe(host);
    this.endTheme = onThemeChange(() => {
      const { drawn } = this;
      if (drawn !== null) this.update(this.build ?? (() => drawn));
    });
  }

  /** Asks for a drawing. `build` is called when it is time, so a state that is replaced meanwhile costs nothing. */
  update(build: () => Figure): void {
    this.build = build;
    this.request();
  }

  destroy(): void {
    clearTimeout(this.timer);
    this.seen.disconnect();
    this.sized.disconnect();
    this.endTheme();
    window.removeEventListener("beforeprint", this.flush);
    this.plot?.removeAllListeners("plotly_click");
    this.plot?.removeAllListeners("plotly_relayout");
    this.plotly?.purge(this.host);
  }

  private readonly flush = (): void => {
    if (this.build === null || this.isDrawing || this.host.offsetWidth === 0) return;
    clearTimeout(this.timer);
    void this.draw({ atOnce: true });
  };

  private request(): void {
    const isWanted = this.isSeen || (this.isIdle && this.plot === null && this.host.offsetWidth > 0);
    if (this.build === null || !isWanted || this.isDrawing) return;
    this.timer ??= setTimeout(() => void this.draw(), this.pauseMs);
  }

  private async draw({ atOnce = false } = {}): Promise<void> {
    this.timer = undefined;
    if (this.build === null) return;
    this.isDrawing = true;
    this.plotly ??= await loadPlotly();
    if (!atOnce) await nextTurn();
    const figure = this.build();
    this.build = null;
    this.drawn = figure;
    const colourOf = tokenReader();
    const layout = withColours(themed(figure.layout, this.name), colourOf);
    const begun = performance.now();
    const plot = await this.plotly.react(this.host, withColours(figure.data, colourOf), layout, CONFIG);
    this.pauseMs = Math.max(PAUSE_MS, REST * (performance.now() - begun));
    if (this.plot === null) this.listen(plot);
    this.plot = plot;
    this.host.dataset.drawn = String(figure.data.length); // tests wait for it
    this.isDrawing = false;
    this.request();
  }

  private listen(plot: PlotElement): void {
    plot.on("plotly_click", ({ points }) => {
      const trial = points[0]?.customdata;
      if (isTrialRef(trial)) this.events.onSelect?.(trial);
    });
    plot.on("plotly_relayout", (change) => {
      if (change["xaxis.autorange"] === true || change["yaxis.autorange"] === true) this.events.onAutoRange?.();
    });
  }
}

/** Safari has no idle callbacks; there a moment after the page was set up does as well. */
function whenIdle(act: () => void): void {
  if ("requestIdleCallback" in window) window.requestIdleCallback(act, { timeout: 3000 });
  else setTimeout(act, 500);
}

function isTrialRef(value: unknown): value is TrialRef {
  return Array.isArray(value) && value.length === 2 && value.every((part) => typeof part === "number");
}
