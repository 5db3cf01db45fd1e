/** Fewer points that look the same: one for each spot of the plane. */
import type { Range } from "./focus";

export interface Points {
  x: number[];
  y: number[];
}

const COLUMNS = 90;
const ROWS = 60;

/**
 * The positions to draw, ascending: the first point that falls into each cell of a 90 × 60 grid over the points' own extent,
 * or over the range that is shown; what lies outside falls into the cells at the edge.
 * All of them when there are at most `limit`. O(n); the first stays the first, so drawn points do not jump as others come.
 */
export function thinned(
  { x, y }: Points,
  isLog: { x: boolean; y: boolean },
  limit: number,
  shown: { x?: Range | undefined; y?: Range | undefined } = {},
): number[] {
  if (x.length <= limit) return x.map((_, index) => index);
  const cellOf = cellsOf({ x, y }, isLog, shown);
  const taken = new Uint8Array(COLUMNS * ROWS);
  const drawn: number[] = [];
  for (let i = 0; i < x.length; i += 1) {
    const cell = cellOf(i);
    if (taken[cell] === 1) continue;
    taken[cell] = 1;
    drawn.push(i);
  }
  return drawn;
}

/** The cell of that grid into which a point falls, by its position. */
export function cellsOf(
  { x, y }: Points,
  isLog: { x: boolean; y: boolean },
  shown: { x?: Range | undefined; y?: Range | undefined } = {},
): (index: number) => number {
  const across = place(x, isLog.x, COLUMNS, shown.x);
  const up = place(y, isLog.y, ROWS, shown.y);
  return (index) => up(index) * COLUMNS + across(index);
}

function place(values: readonly number[], isLog: boolean, cells: number, shown?: Range): (index: number) => number {
  const scale = isLog ? Math.log : (value: number): number => value;
  let low = Infinity;
  let high = -Infinity;
  for (const value of shown ?? values) {
    if (isLog && value <= 0) continue;
    const scaled = scale(value);
    if (scaled < low) low = scaled;
    if (scaled > high) high = scaled;
  }
  const width = high - low || 1;
  return (index) => {
    const scaled = scale(values[index] ?? low);
    return Math.max(0, Math.min(cells - 1, Math.floor(((scaled - low) / width) * cells)));
  };
}
