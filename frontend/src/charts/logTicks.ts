import type { JsonObject } from "./figure";

/** Values that differ by less than this factor lie between two digits of their decade, so digits label nothing. */
const NARROW = 2;
const NARROW_TICKS = 5;

/**
 * What a logarithmic axis labels: each digit within a decade, 1-2-5 up to three, else powers of ten; round numbers where the
 * values lie too close together for that.
 */
export function logTicks(values: Iterable<number>): JsonObject {
  let low = Infinity;
  let high = -Infinity;
  for (const value of values) {
    if (value <= 0) continue;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  if (high > low && high < NARROW * low) return { tickmode: "array", tickvals: roundBetween(low, high) };
  const decades = high > low ? Math.log10(high / low) : 0;
  if (decades <= 1.2) return { dtick: "D1" };
  return { dtick: decades <= 3 ? "D2" : 1 };
}

/** Multiples of 1, 2 or 5 times a power of ten, as far below and above as the values are apart. */
function roundBetween(low: number, high: number): number[] {
  const rough = (high - low) / NARROW_TICKS;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5].find((factor) => factor * power >= rough) ?? 10);
  const first = Math.ceil(Math.max(2 * low - high, low / NARROW) / step);
  const last = Math.floor((2 * high - low) / step);
  return Array.from({ length: last - first + 1 }, (_, place) => Number(((first + place) * step).toPrecision(12)));
}
