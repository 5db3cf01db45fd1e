/** The two sides of a run: its own replicas, and the random search beside them. */
import { gettext, ngettext } from "../i18n/text";
import type { ReplicaState } from "../live/events.generated";
import type { RunState } from "../live/reduce";

export interface Side {
  name: string;
  /** The name with the number of seeds: a band of one seed is a line. */
  label: string;
  replicas: ReplicaState[];
  color: string;
  dash: string;
}

export function hasBaseline(state: RunState): boolean {
  return state.replicas.some(({ is_baseline }) => is_baseline);
}

/** The search first; its baseline where it has one: grey and dashed, so that colour is not the only sign. */
export function sidesOf(state: RunState): Side[] {
  const side = (name: string, isBaseline: boolean): Side => {
    const replicas = state.replicas.filter(({ is_baseline }) => is_baseline === isBaseline);
    const seeds = ngettext("%(count)s seed", "%(count)s seeds", replicas.length, { count: replicas.length });
    const look = isBaseline ? { color: "var(--calm)", dash: "dash" } : { color: "var(--data-1)", dash: "solid" };
    return { name, label: `${name} (${seeds})`, replicas, ...look };
  };
  return [side(gettext("Search"), false), side(gettext("Random search"), true)].filter(({ replicas }) => replicas.length > 0);
}

/** How a replica is called where there are several. */
export function replicaName(replica: Pick<ReplicaState, "number" | "is_baseline">): string {
  const text = { number: replica.number };
  return replica.is_baseline ? gettext("Replica %(number)s (random)", text) : gettext("Replica %(number)s", text);
}
