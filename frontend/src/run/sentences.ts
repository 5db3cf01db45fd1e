/** The events of a run as sentences. */
import { formatCount, formatDuration } from "../i18n/numbers";
import { gettext, ngettext } from "../i18n/text";
import type { AnyEvent, InterventionRow } from "../live/events.generated";
import { workEvent } from "./work";

/** What happened, or null for what is told elsewhere (curves and pictures that grew). `stateName` gives states their words. */
export function sentence(event: AnyEvent, stateName: (state: string) => string): string | null {
  switch (event.type) {
    case "run_changed":
      return runChanged(event.state, event.by, stateName);
    case "trials_added":
      return added(event.numbers);
    case "trial_started":
      return gettext("Trial %(number)s began on %(worker)s.", { number: event.number, worker: event.worker });
    case "trials_finished":
      return finished(event, stateName);
    case "trials_requeued": {
      const values = { numbers: event.numbers.join(", "), worker: event.worker };
      return event.reason === "lost"
        ? gettext("Worker %(worker)s was lost; these trials wait again: %(numbers)s.", values)
        : gettext("Worker %(worker)s was interrupted; these trials wait again: %(numbers)s.", values);
    }
    case "front_changed":
      if (event.added.length === 0) return null;
      return ngettext("New on the front: trial %(numbers)s.", "New on the front: trials %(numbers)s.", event.added.length, {
        numbers: event.added.join(", "),
      });
    case "work_changed":
      return workEvent(event, stateName);
    case "noticed":
      return event.text;
    case "intervened":
      return intervened(event);
    case "reference_point_fixed": // the chart of the hypervolume names it
    case "curve_grew":
    case "views_changed":
      return null;
  }
}

/** Of a change that every replica gets, the first tells. */
function intervened(event: Extract<AnyEvent, { type: "intervened" }>): string | null {
  return event.replica > 0 && !OF_ONE_REPLICA.has(event.kind) ? null : changeInWords(event);
}

const OF_ONE_REPLICA: ReadonlySet<string> = new Set(["add_architecture", "retry"]);

/** What a person changed about a search, as a sentence. */
export function changeInWords({ by, ...change }: InterventionRow): string {
  switch (change.kind) {
    case "add_architecture":
      return gettext("%(by)s added an architecture by hand.", { by });
    case "retry":
      return ngettext("%(by)s had %(count)s failed trial tried again.", "%(by)s had %(count)s failed trials tried again.", change.num_trials, {
        by,
        count: formatCount(change.num_trials),
      });
    case "forbid_operations":
      return change.operations.length === 0
        ? gettext("%(by)s allowed all operations again.", { by })
        : gettext("%(by)s forbade %(names)s.", { by, names: change.operations.join(", ") });
    case "change_constraints":
      return change.constraints.length === 0
        ? gettext("%(by)s removed all constraints.", { by })
        : gettext("%(by)s set the constraints to %(limits)s.", { by, limits: change.constraints.join(", ") });
    case "change_parallelism":
      return gettext("%(by)s set the trials at a time to %(count)s.", { by, count: formatCount(change.parallelism ?? 0) });
    case "change_budget":
      return gettext("%(by)s set the budget to %(limits)s.", { by, limits: limitsInWords(change) });
    default:
      return gettext("%(by)s changed the search: %(kind)s.", { by, kind: change.kind.replaceAll("_", " ") });
  }
}

function limitsInWords({ budget_trials: trials, budget_wall_seconds: seconds }: Omit<InterventionRow, "by">): string {
  const parts = [];
  if (trials !== null) parts.push(ngettext("%(count)s trial", "%(count)s trials", trials, { count: formatCount(trials) }));
  if (seconds !== null) parts.push(formatDuration(seconds));
  return parts.join(gettext(" or "));
}

function runChanged(state: string, by: string, stateName: (state: string) => string): string {
  const name = stateName(state);
  return by === ""
    ? gettext("The run is now: %(state)s.", { state: name })
    : gettext("The run is now: %(state)s (asked for by %(by)s).", { state: name, by });
}

function added(numbers: readonly number[]): string {
  const first = numbers[0] ?? 0;
  if (numbers.length === 1) return gettext("Trial %(number)s was proposed.", { number: first });
  const values = { count: formatCount(numbers.length), first, last: numbers.at(-1) ?? first };
  return gettext("%(count)s trials were proposed: %(first)s to %(last)s.", values);
}

function finished(event: Extract<AnyEvent, { type: "trials_finished" }>, stateName: (state: string) => string): string {
  const [only] = event.trials;
  if (only !== undefined && event.trials.length === 1) {
    const values = { number: only.number, state: stateName(only.state), reason: only.reason };
    return only.reason === ""
      ? gettext("Trial %(number)s ended: %(state)s.", values)
      : gettext("Trial %(number)s ended: %(state)s – %(reason)s.", values);
  }
  const counts = new Map<string, number>();
  for (const { state } of event.trials) counts.set(state, (counts.get(state) ?? 0) + 1);
  const parts = [...counts].map(([state, count]) => `${stateName(state)} ${formatCount(count)}`);
  return gettext("%(count)s trials ended: %(parts)s.", { count: formatCount(event.trials.length), parts: parts.join(", ") });
}
