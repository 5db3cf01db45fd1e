/** The head of the run page: state, progress, counts, times, live dot, and the verbs that fit the state. */
import { hasFailed, isOpen } from "../charts/trialStates";
import { announce } from "../controllers/toast";
import { formatCount, formatDuration } from "../i18n/numbers";
import { gettext } from "../i18n/text";
import type { RunState } from "../live/reduce";
import type { Connection, RunStore } from "../live/store";
import { stateChip } from "./stateChip";
import { showFindings, showWork } from "./work";

export interface Counts {
  ended: number;
  failed: number;
  running: number;
  reused: number;
  /** Architectures found along the way by a supernet: no evaluations, and none of the budget's. */
  found: number;
}

export const ENDED: ReadonlySet<string> = new Set(["completed", "stopped", "cancelled", "failed"]);
const WORKING: ReadonlySet<string> = new Set(["running", "stopping", "reporting"]);

export function countTrials(state: RunState): Counts {
  const counts = { ended: 0, failed: 0, running: 0, reused: 0, found: 0 };
  for (const { trials } of state.replicas) {
    for (const each of trials.is_reused) if (each) counts.reused += 1;
    for (const [row, each] of trials.state.entries()) {
      if (trials.is_found[row] === true) {
        counts.found += 1;
        continue;
      }
      if (each === "running") counts.running += 1;
      if (isOpen(each)) continue;
      counts.ended += 1;
      if (hasFailed(each)) counts.failed += 1;
    }
  }
  return counts;
}

/** As many trials as all replicas may take; null when the budget is a time. */
export function plannedTrials(state: Pick<RunState, "budget_trials" | "most_evaluations" | "replicas">): number | null {
  let total = 0;
  for (const { is_baseline: isBaseline } of state.replicas) {
    const limits = [state.budget_trials, isBaseline ? null : state.most_evaluations].filter((limit) => limit !== null);
    if (limits.length === 0) return null;
    total += Math.min(...limits);
  }
  return total;
}

export function trialsInWords(ended: number, planned: number | null, isOver: boolean): string {
  if (planned === null) return formatCount(ended);
  const counts = { ended: formatCount(ended), planned: formatCount(planned) };
  return isOver && ended < planned ? gettext("%(ended)s of at most %(planned)s", counts) : `${counts.ended} / ${counts.planned}`;
}

/** Seconds until the budget is spent at the speed so far; the nearer of trials and time; null while nothing is known. */
export function secondsLeft(counts: Counts, elapsed: number, budgetTrials: number | null, wall: number | null): number | null {
  const byTime = wall === null ? null : Math.max(0, wall - elapsed);
  const isKnown = budgetTrials !== null && counts.ended > 0 && elapsed > 0;
  const byTrials = isKnown ? (Math.max(0, budgetTrials - counts.ended) * elapsed) / counts.ended : null;
  if (byTime === null || byTrials === null) return byTrials ?? byTime;
  return Math.min(byTime, byTrials);
}

/** `hints`: what a state means for the reader, where its name does not say it. */
export function runHeader(
  element: HTMLElement,
  store: RunStore,
  stateName: (state: string) => string,
  hints: Record<string, string>,
): () => void {
  let budget: number | null = null; // trials of all replicas
  let wall: number | null = null;
  const find = (selector: string): HTMLElement | null => element.querySelector<HTMLElement>(selector);
  const say = (fact: string, text: string): void => {
    const place = find(`[data-fact="${fact}"]`);
    if (place !== null && place.textContent !== text) place.textContent = text;
  };
  let shownState: string | null = null;
  let counts: Counts = { ended: 0, failed: 0, running: 0, reused: 0, found: 0 };
  let elapsedAtSync = 0;
  let syncedAt = 0;
  let syncedSnapshot = "";

  const elapsed = (state: RunState): number =>
    elapsedAtSync + (WORKING.has(state.state) ? (performance.now() - syncedAt) / 1000 : 0);

  const showTimes = (): void => {
    const { state } = store;
    if (state === null) return;
    say("elapsed", formatDuration(elapsed(state)));
    // Only a search that goes on uses up its budget.
    const left = state.state === "running" ? secondsLeft(counts, elapsed(state), budget, wall) : null;
    say("left", left === null ? "–" : `≈ ${formatDuration(left)}`);
  };

  const showState = (state: RunState): void => {
    const label = stateName(state.state);
    find("[data-run-chip]")?.replaceChildren(stateChip(state.state, label));
    const hint = find("[data-state-hint]");
    if (hint !== null) {
      hint.textContent = hints[state.state] ?? "";
      hint.hidden = hint.textContent === "";
    }
    for (const fact of element.querySelectorAll<HTMLElement>("[data-until-end]")) fact.hidden = ENDED.has(state.state);
    if (shownState !== null) announce(gettext("The run is now: %(state)s", { state: label }));
    shownState = state.state;
  };

  const showVerbs = (state: RunState): void => {
    for (const form of element.querySelectorAll<HTMLElement>("[data-states]")) {
      const fits = (form.dataset.states ?? "").split(" ").includes(state.state);
      form.hidden = !fits || (form.dataset.needsFailed !== undefined && counts.failed === 0);
    }
  };

  const showDot = (connection: Connection): void => {
    const isOver = store.state !== null && ENDED.has(store.state.state);
    const [look, text] = dotOf(connection, isOver);
    const dot = find("[data-live-dot]");
    if (dot !== null) dot.dataset.live = look;
    const place = find("[data-live-text]");
    if (place !== null) place.textContent = text;
  };

  store.onState((state) => {
    const snapshot = `${state.at} ${WORKING.has(state.state)}`;
    if (snapshot !== syncedSnapshot) {
      // A new snapshot says the time; a change of state starts or stops the clock where it stands.
      const isFresh = !syncedSnapshot.startsWith(`${state.at} `);
      elapsedAtSync = isFresh ? state.elapsed_seconds : elapsedAtSync + (WORKING.has(state.state) ? 0 : (performance.now() - syncedAt) / 1000);
      syncedAt = performance.now();
      syncedSnapshot = snapshot;
    }
    counts = countTrials(state);
    budget = plannedTrials(state);
    wall = state.budget_wall_seconds;
    say("trials", trialsInWords(counts.ended, budget, state.state === "completed"));
    say("running", formatCount(counts.running));
    say("failed", formatCount(counts.failed));
    say("reused", formatCount(counts.reused));
    for (const fact of element.querySelectorAll<HTMLElement>("[data-when-reused]")) fact.hidden = counts.reused === 0;
    say("found", formatCount(counts.found));
    for (const fact of element.querySelectorAll<HTMLElement>("[data-when-found]")) fact.hidden = counts.found === 0;
    // Who ended by itself has done all there was, also with less than the budget.
    if (state.state === "completed") showProgress(element, counts, counts.ended, null, 0);
    else showProgress(element, counts, budget, wall, elapsed(state));
    showWork(element, state, stateName);
    showFindings(element, state);
    if (state.state !== shownState) showState(state);
    showVerbs(state);
    const reason = find("[data-end-reason]");
    const text = find("[data-end-reason-text]");
    if (reason !== null && text !== null) {
      reason.hidden = state.end_reason === "" || !ENDED.has(state.state);
      text.textContent = state.end_reason;
    }
    const hint = find("[data-workforce-hint]");
    if (hint !== null && (counts.running > 0 || ENDED.has(state.state))) hint.remove();
    showTimes();
    showDot(store.connection);
  });
  store.onConnection(showDot);
  const clock = setInterval(showTimes, 1000);
  return () => clearInterval(clock);
}

function showProgress(element: HTMLElement, counts: Counts, budget: number | null, wall: number | null, elapsed: number): void {
  const share = (part: number, whole: number): number => Math.min(100, (100 * part) / Math.max(1, whole));
  const byTime = wall === null ? 0 : share(elapsed, wall);
  const byTrials = budget === null ? 0 : share(counts.ended, budget);
  const failed = budget === null ? 0 : share(counts.failed, budget);
  const percent = Math.max(byTime, byTrials);
  element.querySelector("[data-progress]")?.setAttribute("aria-valuenow", percent.toFixed(0));
  const ok = element.querySelector<HTMLElement>("[data-progress-ok]");
  const bad = element.querySelector<HTMLElement>("[data-progress-failed]");
  if (ok !== null) ok.style.inlineSize = `${(percent - failed).toFixed(2)}%`;
  if (bad !== null) bad.style.inlineSize = `${failed.toFixed(2)}%`;
}

/** How the dot beside "live" looks, and what it says. */
export function dotOf(connection: Connection, isOver: boolean): [look: string, text: string] {
  switch (connection) {
    case "live":
      return isOver ? ["ended", gettext("ended")] : ["live", gettext("live")];
    case "connecting":
      return ["connecting", gettext("connecting")];
    case "reconnecting":
      return navigator.onLine ? ["reconnecting", gettext("reconnecting")] : ["offline", gettext("offline")];
    case "refused":
      return ["offline", gettext("this run is no longer open to you")];
    case "outdated":
      return ["offline", gettext("the site was updated: reload the page")];
  }
}
