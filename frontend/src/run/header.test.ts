import { describe, expect, it } from "vitest";

import { runState } from "../live/testing";
import { plannedTrials, trialsInWords } from "./header";

describe("how far a run is", () => {
  it("plans the budget of every replica", () => {
    expect(plannedTrials(runState({ numTrials: 0, replicas: 3, baseline: true }))).toBe(360);
    expect(plannedTrials({ ...runState({ numTrials: 0 }), budget_trials: null })).toBeNull();
  });

  it("plans less for a search that ends by itself, and not for the random search beside it", () => {
    expect(plannedTrials({ ...runState({ numTrials: 0, baseline: true }), most_evaluations: 3 })).toBe(63);
    expect(plannedTrials({ ...runState({ numTrials: 0 }), budget_trials: null, most_evaluations: 3 })).toBe(3);
    expect(plannedTrials({ ...runState({ numTrials: 0 }), budget_trials: 2, most_evaluations: 3 })).toBe(2);
  });

  it("says of a search that ended early that there was no more to do", () => {
    expect(trialsInWords(20, 60, false)).toBe("20 / 60");
    expect(trialsInWords(20, 60, true)).toBe("20 of at most 60");
    expect(trialsInWords(60, 60, true)).toBe("60 / 60");
    expect(trialsInWords(20, null, true)).toBe("20");
  });
});
