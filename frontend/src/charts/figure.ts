/** The shapes that charts pass around: what apps/charts sends, what Plotly takes, what the table behind a chart shows. */

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type JsonObject = Record<string, Json>;

/** apps.charts.figure.Figure as JSON. */
export interface Skeleton {
  name: string;
  title: string;
  caption: string;
  empty: string;
  traces: Record<string, JsonObject>;
  layout: JsonObject;
  texts: Record<string, string>;
  settings: JsonObject;
}

/** Points to a trial; travels as `customdata`, never inside a hover text. */
export type TrialRef = [replica: number, number: number];

/** A trace for Plotly; columns beside what the skeleton said. */
export type Trace = Record<string, Json | readonly (number | null)[] | readonly string[] | readonly TrialRef[]>;

export interface Figure {
  data: Trace[];
  layout: JsonObject;
  /** Sentences for the caption, beside the one of the skeleton. */
  notes: string[];
  /** Points far worse than the rest: left out at first, shown on request. */
  numOutside: number;
  isEmpty: boolean;
}

/** What curves are drawn over: how many trials were learned of, or what they cost. */
export type Across = "trials" | "cost";

/** What a reader chose to see of a chart of the run. */
export interface ChartView {
  across: Across;
  /** Also the trials of the random search beside the run. */
  showsBaseline: boolean;
  selected: TrialRef | null;
  /** Also what lies far outside. */
  showsAll: boolean;
}

/** The numbers of a chart as a table: for reading, copying, and choosing without a pointer. */
export interface Table {
  columns: { title: string; isNumber: boolean }[];
  rows: { cells: (string | number | null)[]; trial?: TrialRef }[];
}

const SERIES = ["var(--data-1)", "var(--data-3)", "var(--data-4)", "var(--data-6)", "var(--data-5)"];
const DASHES = ["solid", "dash", "dot", "dashdot"];

/** Colour and dash of series `index`: neighbours differ in both, so that colour is never the only sign. */
export function seriesLook(index: number): { color: string; dash: string } {
  return { color: SERIES[index % SERIES.length] ?? "", dash: DASHES[index % DASHES.length] ?? "solid" };
}

/** A clone of the template with `more` laid over it; objects that both have are merged. */
export function traceFrom(template: JsonObject | undefined, more: Trace): Trace {
  const merged: Trace = { ...template };
  for (const [key, value] of Object.entries(more)) {
    const old = merged[key];
    merged[key] = isObject(old) && isObject(value) ? { ...old, ...value } : value;
  }
  return merged;
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The name a template gives its traces. */
export function nameOf(template: JsonObject | undefined): string {
  const name = template?.name;
  return typeof name === "string" ? name : "";
}

/** `%(name)s` in a text of the skeleton. */
export function fillText(text: string | undefined, values: Record<string, string | number>): string {
  return (text ?? "").replace(/%\((\w+)\)s/g, (whole, name: string) => (name in values ? String(values[name]) : whole));
}
