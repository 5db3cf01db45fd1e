/**
 * The state of a comparison in this browser: one RunStore per run, which listens to that run, and what the server computes
 * over all of them. When a run's trials, front or state change the server is asked again, not more often than it answers
 * easily; trials and distributions are drawn from the runs' own states meanwhile.
 */
import type { AnyEvent, Comparison } from "../live/events.generated";
import type { RunState } from "../live/reduce";
import { RunStore, type Connection } from "../live/store";
import type { Across, CompareView } from "./view";

const PAUSE_MS = 2000;
/** Between two requests passes at least so many times what one takes. */
const REST = 8;
const TELLING: ReadonlySet<AnyEvent["type"]> = new Set(["trials_finished", "front_changed", "reference_point_fixed", "run_changed"]);
/** From the gravest: the dot of the page shows the worst of its runs. */
const GRAVITY: readonly Connection[] = ["refused", "outdated", "reconnecting", "connecting", "live"];

export interface RunAddress {
  run: number;
  snapshotUrl: string;
  socketPath: string;
}

export class CompareStore {
  across: Across = "trials";
  showsTrials = false;

  private readonly stores = new Map<number, RunStore>();
  private readonly listeners = new Set<() => void>();
  private readonly computedListeners = new Set<() => void>();
  private timer: ReturnType<typeof setTimeout> | undefined;
  private pauseMs = PAUSE_MS;
  private isStale = false;
  private hasFetched = false;

  constructor(
    public comparison: Comparison,
    runs: readonly RunAddress[],
    private readonly seriesUrl: string,
  ) {
    for (const { run, snapshotUrl, socketPath } of runs) this.stores.set(run, new RunStore(snapshotUrl, socketPath));
  }

  start(): void {
    for (const store of this.stores.values()) {
      store.onState(() => {
        this.notify();
        // A snapshot may be newer than what came with the page.
        if (this.seqOfRuns() > this.comparison.seq && !this.hasFetched) this.request();
      });
      store.onEvents((events) => {
        if (events.some(({ event }) => TELLING.has(event.type))) this.request();
      });
      store.start();
    }
  }

  /** Calls `listener` whenever something to draw changed, and at once. */
  onChange(listener: () => void): void {
    this.listeners.add(listener);
    listener();
  }

  /** Calls `listener` when the server has computed anew. */
  onComputed(listener: () => void): void {
    this.computedListeners.add(listener);
  }

  onConnection(listener: (connection: Connection) => void): void {
    for (const store of this.stores.values()) store.onConnection(() => listener(this.connection()));
  }

  connection(): Connection {
    const all = [...this.stores.values()].map((store) => store.connection);
    return GRAVITY.find((connection) => all.includes(connection)) ?? "live";
  }

  states(): Map<number, RunState> {
    const known = new Map<number, RunState>();
    for (const [run, { state }] of this.stores) if (state !== null) known.set(run, state);
    return known;
  }

  view(showsAll: boolean): CompareView {
    const { comparison, across, showsTrials } = this;
    return { comparison, states: this.states(), across, showsTrials, showsAll };
  }

  /** What the reader chose to see. */
  show(choice: { across?: Across; showsTrials?: boolean }): void {
    this.across = choice.across ?? this.across;
    this.showsTrials = choice.showsTrials ?? this.showsTrials;
    this.notify();
  }

  private seqOfRuns(): number {
    let sum = 0;
    for (const { state } of this.stores.values()) sum += state?.seq ?? 0;
    return sum;
  }

  private notify(): void {
    for (const listener of this.listeners) listener();
  }

  private request(): void {
    this.isStale = true;
    this.timer ??= setTimeout(() => void this.fetchSeries(), this.pauseMs);
  }

  private async fetchSeries(): Promise<void> {
    this.isStale = false;
    this.hasFetched = true;
    const begun = performance.now();
    try {
      const response = await fetch(this.seriesUrl, { headers: { Accept: "application/json" } });
      if (response.ok) {
        this.comparison = (await response.json()) as Comparison;
        this.notify();
        for (const listener of this.computedListeners) listener();
      } else if (response.status !== 404) this.isStale = true; // of a run that is gone the dot tells
    } catch {
      this.isStale = true; // no connection, or the page to sign in instead of an answer
    }
    this.pauseMs = Math.max(PAUSE_MS, REST * (performance.now() - begun));
    this.timer = undefined;
    if (this.isStale) this.request();
  }
}
