/** Where to look first: the range of an axis that holds all but what is far worse than the rest. */
import { formatCount } from "../i18n/numbers";
import { ngettext } from "../i18n/text";
import type { JsonObject, Skeleton } from "./figure";

/** The end of an axis that may be cut off: its worse one. */
export type Side = "low" | "high";

export type Range = [low: number, high: number];

const FEWEST = 5;
/** This share of the values, best first, is always inside, and takes at least a quarter of the range. */
const CORE = 0.6;
const WIDTHS = 3;
const PADDING = 0.06;

/**
 * The range from the best value to `WIDTHS` times the width of the core behind the core, ended at the last value within.
 * Null where all may as well be shown: few values, nothing outside, or a range that would win less than half of the axis.
 */
export function focusOf(values: readonly number[], side: Side): Range | null {
  if (values.length < FEWEST) return null;
  // As distances behind the best, so that both sides read the same.
  const bestFirst = values.toSorted((a, b) => (side === "low" ? b - a : a - b));
  const best = bestFirst[0] ?? 0;
  const behind = bestFirst.map((value) => Math.abs(value - best));
  // Of a core that is all one value, the next one says how far apart values are.
  const core = behind.slice(Math.ceil(CORE * behind.length) - 1).find((distance) => distance > 0) ?? 0;
  const inside = behind.findLastIndex((distance) => distance <= (1 + WIDTHS) * core);
  const width = behind[inside] ?? 0;
  if (width === 0 || inside === behind.length - 1 || (behind.at(-1) ?? 0) < 2 * width) return null;
  const room = PADDING * width;
  return side === "low" ? [best - width - room, best + room] : [best - room, best + width + room];
}

/** What the narrowed axes leave out. */
export interface Focused {
  layout: JsonObject;
  ranges: Record<string, Range>;
  numOutside: number;
}

/**
 * `layout` with the axes that `skeleton.settings.focus` names narrowed to where the points are. `columns`: the points' values
 * by axis, of equal length.
 */
export function focused(layout: JsonObject, skeleton: Skeleton, columns: Record<string, readonly number[]>): Focused {
  const sides = (skeleton.settings.focus ?? {}) as Record<string, Side | null>;
  const found: Focused = { layout: { ...layout }, ranges: {}, numOutside: 0 };
  for (const [axis, side] of Object.entries(sides)) {
    const range = side === null ? null : focusOf(columns[axis] ?? [], side);
    if (range === null) continue;
    const { autorange, ...rest } = (layout[axis] ?? {}) as JsonObject;
    found.layout[axis] = { ...rest, range: autorange === "reversed" ? range.toReversed() : range };
    found.ranges[axis] = range;
  }
  const outside = new Set<number>();
  for (const [axis, [low, high]] of Object.entries(found.ranges)) {
    columns[axis]?.forEach((value, row) => {
      if (value < low || value > high) outside.add(row);
    });
  }
  found.numOutside = outside.size;
  return found;
}

export function outsideNote(count: number): string {
  const text = { count: formatCount(count) };
  return ngettext(
    "%(count)s trial is far worse and lies outside the picture.",
    "%(count)s trials are far worse and lie outside the picture.",
    count,
    text,
  );
}
