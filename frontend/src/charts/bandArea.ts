/** What bands are drawn with: the part that all curves have come to, and the area between two of its columns. */
import type { CurveBand } from "../live/events.generated";
import { traceFrom, type JsonObject, type Trace } from "./figure";

type Column = readonly (number | null)[];

/** The part of the curve that all seeds of the arm have come to; behind it the median would be that of other seeds. */
export function reachedByAll(band: CurveBand): CurveBand {
  const most = Math.max(0, ...new Set(band.counts));
  const end = band.counts.lastIndexOf(most) + 1;
  const cut = <Value>(column: readonly Value[]): Value[] => column.slice(0, end);
  return {
    positions: cut(band.positions),
    counts: cut(band.counts),
    median: cut(band.median),
    lower: cut(band.lower),
    upper: cut(band.upper),
    minimum: cut(band.minimum),
    maximum: cut(band.maximum),
  };
}

/** The area between two columns, where both are known: its lower edge, and the upper one that fills down to it. */
export function area(
  band: CurveBand,
  low: Column,
  high: Column,
  { opacity, color, template }: { opacity: number; color: string; template: JsonObject | undefined },
): Trace[] {
  const rows = band.positions.map((_, row) => row).filter((row) => (low[row] ?? null) !== null && (high[row] ?? null) !== null);
  if (rows.length === 0) return [];
  const x = rows.map((row) => band.positions[row] ?? 0);
  // A trace's opacity does not reach what fills down to another trace, so the colour itself lets lines shine through.
  const edge = (column: Column): Trace => traceFrom(template, { x, y: rows.map((row) => column[row] ?? 0), line: { color } });
  return [edge(low), { ...edge(high), fill: "tonexty", fillcolor: `${color} / ${opacity}` }];
}
