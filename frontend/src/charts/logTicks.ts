/** How dense the labels of a logarithmic axis are: each digit within a decade, 1-2-5 up to three, else powers of ten. */
export function logTicks(values: Iterable<number>): "D1" | "D2" | 1 {
  let low = Infinity;
  let high = -Infinity;
  for (const value of values) {
    if (value <= 0) continue;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  const decades = high > low ? Math.log10(high / low) : 0;
  if (decades <= 1.2) return "D1";
  return decades <= 3 ? "D2" : 1;
}
