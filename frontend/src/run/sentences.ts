/** The events of a run as sentences. */
import { formatCount } from "../i18n/numbers";
import { gettext, ngettext } from "../i18n/text";
import type { AnyEvent } from "../live/events.generated";

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
    case "intervened":
      if (event.kind === "add_architecture") return gettext("%(by)s added an architecture by hand.", { by: event.by });
      return gettext("%(by)s changed the search: %(kind)s.", { by: event.by, kind: event.kind.replaceAll("_", " ") });
    case "reference_point_fixed": // the chart of the hypervolume names it
    case "curve_grew":
    case "views_changed":
      return null;
  }
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
