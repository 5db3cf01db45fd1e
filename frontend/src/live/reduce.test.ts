import { readdirSync, readFileSync } from "node:fs";
import { resolve } from "node:path";

import { describe, expect, it } from "vitest";

import type { AnyEvent, Frame } from "./events.generated";
import { OutdatedClient, reduce, rowOf, type RunState } from "./reduce";
import { runState } from "./testing";

interface Case {
  snapshot: RunState;
  frames: Frame[];
  expected: RunState;
}

const folder = resolve(import.meta.dirname, "../../../tests/live_cases");
const cases = readdirSync(folder).filter((name) => name.endsWith(".json"));
const read = (name: string): Case => JSON.parse(readFileSync(resolve(folder, name), "utf-8")) as Case;

describe("a recorded stream", () => {
  it("was recorded", () => {
    expect(cases.length).toBeGreaterThan(5);
  });

  it.each(cases)("%s leads from the old snapshot to a fresh one", (name) => {
    const { snapshot, frames, expected } = read(name);
    const end = frames.reduce((state, frame) => reduce(state, frame.events, frame.to_seq), snapshot);
    expect(end).toEqual(expected);
  });

  it.each(cases)("%s leads there event by event as well", (name) => {
    const { snapshot, frames, expected } = read(name);
    const events = frames.flatMap((frame) => frame.events);
    const end = events.reduce((state, event, at) => reduce(state, [event], snapshot.seq + at + 1), snapshot);
    expect(end).toEqual(expected);
  });

  it.each(cases)("%s changes nothing when the snapshot contained it already", (name) => {
    const { frames, expected } = read(name);
    const again = frames.reduce((state, frame) => reduce(state, frame.events, frame.to_seq), expected);
    expect(again).toEqual(expected);
  });

  it.each(cases)("%s leaves the state that was handed in as it was", (name) => {
    const { snapshot, frames } = read(name);
    const before = JSON.stringify(snapshot);
    for (const frame of frames) reduce(snapshot, frame.events, frame.to_seq);
    expect(JSON.stringify(snapshot)).toBe(before);
  });
});

describe("reduce", () => {
  it("keeps the parts that no event touched", () => {
    const state = runState({ numTrials: 3 });
    const next = reduce(state, [{ type: "run_changed", state: "paused", end_reason: "", by: "ada" }], 8);
    expect(next.state).toBe("paused");
    expect(next.replicas).toBe(state.replicas);
  });

  it("lets a trial that ended stay as it ended", () => {
    const state = runState({ numTrials: 2 });
    const next = reduce(state, [{ type: "trial_started", replica: 0, number: 1, worker: "cpu0" }], 8);
    expect(next.replicas[0]?.trials.state[1]).toBe("completed");
  });

  it("puts a trial whose number was reserved earlier in its place", () => {
    const add = (number: number): AnyEvent => ({ type: "trials_added", replica: 0, numbers: [number], operators: ["random"] });
    const next = reduce(runState({ numTrials: 0 }), [add(0), add(2), add(1)], 3);
    expect(next.replicas[0]?.trials.number).toEqual([0, 1, 2]);
    expect(next.replicas[0]?.trials.values).toEqual([
      [null, null, null],
      [null, null, null],
    ]);
  });

  it("refuses an event that it does not know", () => {
    const unknown = { type: "from_the_future" } as unknown as AnyEvent;
    expect(() => reduce(runState({ numTrials: 0 }), [unknown], 1)).toThrow(OutdatedClient);
  });

  it("takes a batch in a run of ten thousand trials within a frame", () => {
    const state = runState({ numTrials: 10_000 });
    const rows = Array.from({ length: 100 }, (_, i) => ({
      number: 10_000 + i,
      state: "completed",
      values: [0.5, 100],
      is_feasible: true,
      is_reused: false,
      is_found: false,
      reason: "",
    }));
    const events: AnyEvent[] = [
      { type: "trials_added", replica: 0, numbers: rows.map((row) => row.number), operators: rows.map(() => "random") },
      ...rows.map((row): AnyEvent => ({ type: "trials_finished", replica: 0, trials: [row] })),
    ];
    const start = performance.now();
    const next = reduce(state, events, 900);
    expect(next.replicas[0]?.trials.number).toHaveLength(10_100);
    expect(performance.now() - start).toBeLessThan(200); // some 2 ms on a quiet machine
  });
});

describe("rowOf", () => {
  it("finds numbers with and without gaps, and says what is not there", () => {
    expect(rowOf([0, 1, 2], 2)).toBe(2);
    expect(rowOf([3, 7, 9], 7)).toBe(1);
    expect(rowOf([3, 7, 9], 8)).toBe(-1);
    expect(rowOf([], 0)).toBe(-1);
  });
});
