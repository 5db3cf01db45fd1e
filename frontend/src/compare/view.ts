/** What the charts of a comparison are drawn from. */
import type { Across } from "../charts/figure";
import type { Comparison } from "../live/events.generated";
import type { RunState } from "../live/reduce";

export type { Across };

export interface CompareView {
  comparison: Comparison;
  /** By run; those whose snapshot has come. */
  states: ReadonlyMap<number, RunState>;
  across: Across;
  showsTrials: boolean;
  /** Also what lies far outside. */
  showsAll: boolean;
}
