/**
 * Several replicas as one band: the twin of nas/analysis/bands.py, for curves that grow while a page is open. Both are held
 * to the cases in testdata/bands.json.
 */
import type { CurveBand } from "../live/events.generated";

/** Best so far of one replica: from `positions[k]` on it is `values[k]`, null while nothing is found; a step curve. */
export interface Curve {
  positions: readonly number[];
  values: readonly (number | null)[];
}

/** The band of these curves; no curve is carried on beyond its last position. Who found nothing is worse than who did. */
export function bandOf(curves: readonly Curve[], isLargerBetter: boolean): CurveBand {
  const band: CurveBand = { positions: [], counts: [], median: [], lower: [], upper: [], minimum: [], maximum: [] };
  const worst = isLargerBetter ? -Infinity : Infinity;
  const places = curves.map(() => -1);
  const axis = [...new Set(curves.flatMap(({ positions }) => positions))].sort((a, b) => a - b);
  for (const x of axis) {
    const values: number[] = [];
    curves.forEach(({ positions, values: column }, index) => {
      let place = places[index] ?? -1;
      while ((positions[place + 1] ?? Infinity) <= x) place += 1;
      places[index] = place;
      if (x <= (positions.at(-1) ?? -Infinity)) values.push(column[place] ?? worst);
    });
    values.sort((a, b) => a - b);
    band.positions.push(x);
    band.counts.push(values.length);
    band.minimum.push(quantile(values, 0));
    band.lower.push(quantile(values, 0.25));
    band.median.push(quantile(values, 0.5));
    band.upper.push(quantile(values, 0.75));
    band.maximum.push(quantile(values, 1));
  }
  return band;
}

/** Linear between neighbours; null next to a replica that found nothing. */
function quantile(ascending: readonly number[], share: number): number | null {
  const place = share * (ascending.length - 1);
  const low = ascending[Math.floor(place)] ?? NaN;
  const high = ascending[Math.ceil(place)] ?? NaN;
  if (!Number.isFinite(low) || !Number.isFinite(high)) return null;
  return low + (place - Math.floor(place)) * (high - low);
}
