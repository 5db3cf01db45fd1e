import { expect, it } from "vitest";

import { pauseAfter } from "./socket";

it("waits longer after each failure, never longer than 15 s, and spreads browsers over half of it", () => {
  expect(pauseAfter(0, 0)).toBe(250);
  expect(pauseAfter(0, 0.999)).toBeLessThan(500);
  expect(pauseAfter(3, 0)).toBe(2000);
  expect(pauseAfter(30, 0.999)).toBeLessThanOrEqual(15_000);
});
