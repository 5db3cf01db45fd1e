/** Work that is no trial (a supernet in training, scores with its weights), and what the strategy noticed: in words. */
import { hasFailed, isOpen } from "../charts/trialStates";
import { formatCount, formatDuration, formatNumber } from "../i18n/numbers";
import { gettext } from "../i18n/text";
import type { WorkRow } from "../live/events.generated";
import type { RunState } from "../live/reduce";

const SHOWN_FINDINGS = 3;

/** What it is: its kind in plain words. */
export function workTitle(kind: string): string {
  switch (kind) {
    case "train_supernet":
      return gettext("Supernet");
    case "evolve":
      return gettext("Island");
    case "score_shared":
      return gettext("Scores with shared weights");
    default:
      return kind.replaceAll("_", " ").replace(/^./, (first) => first.toUpperCase());
  }
}

function progress(kind: string, values: { done: string; total: string }): string {
  switch (kind) {
    case "train_supernet":
      return gettext("epoch %(done)s of %(total)s", values);
    case "evolve":
      return gettext("step %(done)s of %(total)s", values);
    default:
      return gettext("%(done)s of %(total)s", values);
  }
}

/** "epoch 3 of 10, 41 s, loss 0.52": how far it is; "" while nothing is known. */
function reached({ kind, state, done, total, seconds, loss }: WorkRow): string {
  const parts: string[] = [];
  if (done !== null && total !== null) {
    // Who is in the third epoch has trained two and a part of it.
    const counted = isOpen(state) && kind === "train_supernet" ? Math.floor(done) + 1 : Math.floor(done);
    const values = { done: formatCount(Math.min(counted, total)), total: formatCount(total) };
    parts.push(progress(kind, values));
  }
  if (seconds !== null) parts.push(formatDuration(seconds));
  if (loss !== null) parts.push(gettext("loss %(value)s", { value: formatNumber(loss) }));
  return parts.join(", ");
}

export function workInWords(row: WorkRow, stateName: (state: string) => string): string {
  const title = workTitle(row.kind);
  const parts = [reached(row)];
  if (row.state === "queued") parts.push(gettext("waits for a worker"));
  else if (hasFailed(row.state)) parts.push(stateName(row.state).toLowerCase(), row.reason);
  else if (row.worker !== "") parts.push(gettext("on %(worker)s", { worker: row.worker }));
  return `${title}: ${parts.filter((part) => part !== "").join(", ")}`;
}

/** For the log: its beginning and its end; null for what is only a step between. */
export function workEvent(row: WorkRow, stateName: (state: string) => string): string | null {
  const isBeginning = row.state === "running" && row.seconds === null;
  if (isOpen(row.state)) return isBeginning ? gettext("Began: %(what)s.", { what: workInWords(row, stateName) }) : null;
  const said = workInWords(row, stateName).replace(/\.$/, "");
  return hasFailed(row.state) ? gettext("Failed: %(what)s.", { what: said }) : gettext("Ended: %(what)s.", { what: said });
}

/** The line under the counts of a run: of each replica the newest work that goes on, or that failed. */
export function showWork(element: HTMLElement, state: RunState, stateName: (state: string) => string): void {
  const line = element.querySelector<HTMLElement>("[data-work]");
  const text = element.querySelector<HTMLElement>("[data-work-text]");
  if (line === null || text === null) return;
  const works = state.replicas.map(({ work }) => work).filter((work) => work !== null);
  const shown = works.filter((work) => isOpen(work.state) || hasFailed(work.state));
  const said = shown.map((work) => workInWords(work, stateName)).join(" · ");
  if (text.textContent !== said) text.textContent = said;
  line.hidden = said === "";
  line.toggleAttribute("data-runs", shown.some((work) => work.state === "running"));
  line.toggleAttribute("data-failed", shown.some((work) => hasFailed(work.state)));
}

/** The newest findings; all of them stand in the log. */
export function showFindings(element: HTMLElement, state: RunState): void {
  const list = element.querySelector<HTMLElement>("[data-findings]");
  if (list === null) return;
  const texts = state.replicas.flatMap(({ findings }) => findings.map(({ text }) => text)).slice(-SHOWN_FINDINGS);
  if ([...list.children].map((item) => item.textContent).join("\n") === texts.join("\n")) return;
  list.hidden = texts.length === 0;
  list.replaceChildren(
    ...texts.map((text) => {
      const item = document.createElement("li");
      item.textContent = text;
      return item;
    }),
  );
}
