/** States for tests: a run whose trials follow a simple rule, so that a test can say what it expects. */
import type { ReplicaState } from "./events.generated";
import type { RunState } from "./reduce";

interface Options {
  numTrials: number;
  /** Trials that crashed. */
  failed?: readonly number[];
  /** Trials that break a constraint. */
  infeasible?: readonly number[];
  front?: readonly number[];
  replicas?: number;
  /** As many replicas of a baseline behind them. */
  baseline?: boolean;
}

/** Trial i has accuracy 0.5 + i/1000 (up to 0.99) and 1000 × (i + 1) MACs. */
export function runState({ numTrials, failed = [], infeasible = [], front = [], replicas = 1, baseline = false }: Options): RunState {
  const numbers = Array.from({ length: numTrials }, (_, number) => number);
  const value = (number: number, of: number): number | null => (failed.includes(number) ? null : of);
  const replica = (number: number): ReplicaState => ({
    number,
    is_baseline: number >= replicas,
    trials: {
      number: numbers,
      state: numbers.map((each) => (failed.includes(each) ? "crashed" : "completed")),
      values: [
        numbers.map((each) => value(each, Math.min(0.99, 0.5 + each / 1000))),
        numbers.map((each) => value(each, 1000 * (each + 1))),
      ],
      is_feasible: numbers.map((each) => !failed.includes(each) && !infeasible.includes(each)),
      is_reused: numbers.map(() => false),
      is_found: numbers.map(() => false),
    },
    front: [...front],
    progress: { told_order: [], hypervolume: [], best: [], spent_seconds: [] },
    interventions: [],
    findings: [],
    work: null,
  });
  return {
    run: 1,
    seq: 7,
    at: "2026-01-01T00:00:00+00:00",
    state: "running",
    end_reason: "",
    objectives: [
      { metric: "accuracy", title: "Accuracy", unit: "", direction: "maximise", is_log: false },
      { metric: "macs", title: "MACs", unit: "", direction: "minimise", is_log: true },
    ],
    reference_point: [0, 1e6],
    budget_trials: 60,
    budget_wall_seconds: null,
    most_evaluations: null,
    elapsed_seconds: 12,
    is_simulated: false,
    replicas: Array.from({ length: replicas * (baseline ? 2 : 1) }, (_, number) => replica(number)),
  };
}
