import { describe, expect, it } from "vitest";

import type { WorkRow } from "../live/events.generated";
import { workEvent, workInWords } from "./work";

const LEG: WorkRow = { number: 3, kind: "train_supernet", state: "running", worker: "cpu0", done: 2.4, total: 10, loss: 0.52, seconds: 41, reason: "" };
const name = (state: string): string => ({ diverged: "Diverged" })[state] ?? state;

describe("work that is no trial", () => {
  it("says how far a supernet is", () => {
    expect(workInWords(LEG, name)).toBe("Supernet: epoch 3 of 10, 41 s, loss 0.52, on cpu0");
    expect(workInWords({ ...LEG, done: 10, state: "completed", worker: "" }, name)).toBe("Supernet: epoch 10 of 10, 41 s, loss 0.52");
  });

  it("says what it waits for, and why it failed", () => {
    const waits = { ...LEG, state: "queued", worker: "", done: 2, loss: null, seconds: null };
    expect(workInWords(waits, name)).toBe("Supernet: epoch 3 of 10, waits for a worker");
    const failed = { ...LEG, state: "diverged", worker: "", done: 2, loss: null, seconds: null, reason: "The loss became infinite." };
    expect(workInWords(failed, name)).toBe("Supernet: epoch 2 of 10, diverged, The loss became infinite.");
  });

  it("counts the steps of an island", () => {
    expect(workInWords({ ...LEG, kind: "evolve", done: 30, total: 100, loss: null }, name)).toBe("Island: step 30 of 100, 41 s, on cpu0");
  });

  it("counts what is scored, and names kinds that it does not know", () => {
    const scores = { ...LEG, kind: "score_shared", done: 12, total: 40, loss: null, seconds: null };
    expect(workInWords(scores, name)).toBe("Scores with shared weights: 12 of 40, on cpu0");
    expect(workInWords({ ...scores, kind: "advance_island", done: null, total: null }, name)).toBe("Advance island: on cpu0");
  });

  it("stands in the log when it begins and when it ends, not at each step", () => {
    expect(workEvent({ ...LEG, state: "queued" }, name)).toBeNull();
    expect(workEvent({ ...LEG, loss: null, seconds: null, done: 2 }, name)).toBe("Began: Supernet: epoch 3 of 10, on cpu0.");
    expect(workEvent(LEG, name)).toBeNull();
    expect(workEvent({ ...LEG, state: "completed", worker: "", done: 3 }, name)).toBe("Ended: Supernet: epoch 3 of 10, 41 s, loss 0.52.");
    const failed = { ...LEG, state: "diverged", worker: "", done: 2, loss: null, seconds: null, reason: "It grew." };
    expect(workEvent(failed, name)).toBe("Failed: Supernet: epoch 2 of 10, diverged, It grew.");
  });
});
