/** The part of Plotly that is used here, with types; loaded when the first chart is drawn. */
import type { Figure } from "./figure";

export interface PlotPoint {
  customdata?: unknown;
}

export interface PlotElement extends HTMLElement {
  on(event: "plotly_click", listener: (event: { points: PlotPoint[] }) => void): void;
  on(event: "plotly_relayout", listener: (change: Record<string, unknown>) => void): void;
  removeAllListeners(event: "plotly_click" | "plotly_relayout"): void;
}

export interface Plotly {
  react(host: HTMLElement, data: Figure["data"], layout: object, config: object): Promise<PlotElement>;
  purge(host: HTMLElement): void;
  Plots: { resize(host: HTMLElement): Promise<void> };
}

let loading: Promise<Plotly> | undefined;

export function loadPlotly(): Promise<Plotly> {
  loading ??= import("plotly.js-cartesian-dist-min").then((module) => (module as { default: Plotly }).default);
  return loading;
}
