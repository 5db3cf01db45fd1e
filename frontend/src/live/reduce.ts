/**
 * What an event does to the state of a run page. Pure: the state that is handed in is never changed.
 *
 * Snapshot plus events equals a fresh snapshot; tests/live_cases holds the cases that prove it on both sides. A snapshot may
 * contain what the next events tell: applying an event again changes nothing. Columns are copied once per call, not once per
 * event, so a batch of results in a run of ten thousand trials costs one copy.
 */
import { isOpen } from "../charts/trialStates";
import type {
  AnyEvent,
  FrontChanged,
  Intervened,
  Noticed,
  ProgressColumns,
  ReplicaState,
  RunSnapshot,
  TrialColumns,
  TrialRow,
  WorkChanged,
} from "./events.generated";

export type RunState = RunSnapshot;

/** The server speaks of something this page does not know: it was loaded before an update. Only a reload helps. */
export class OutdatedClient extends Error {}

/** A copy of the state in which only the parts that were asked for are copies. */
class Draft {
  readonly state: RunState;
  private readonly fresh = new Map<number, ReplicaState>();
  private readonly freshTrials = new Set<number>();
  private readonly freshProgress = new Set<number>();

  constructor(state: RunState) {
    this.state = { ...state };
  }

  replica(number: number): ReplicaState {
    const known = this.fresh.get(number);
    if (known !== undefined) return known;
    const at = this.state.replicas.findIndex((replica) => replica.number === number);
    const old = this.state.replicas[at];
    if (old === undefined) throw new OutdatedClient(`the snapshot has no replica ${number}`);
    const copy = { ...old };
    this.state.replicas = this.state.replicas.with(at, copy);
    this.fresh.set(number, copy);
    return copy;
  }

  trials(number: number): TrialColumns {
    const replica = this.replica(number);
    if (!this.freshTrials.has(number)) {
      const old = replica.trials;
      replica.trials = {
        number: [...old.number],
        state: [...old.state],
        values: old.values.map((column) => [...column]),
        is_feasible: [...old.is_feasible],
        is_reused: [...old.is_reused],
        is_found: [...old.is_found],
      };
      this.freshTrials.add(number);
    }
    return replica.trials;
  }

  progress(number: number): ProgressColumns {
    const replica = this.replica(number);
    if (!this.freshProgress.has(number)) {
      const old = replica.progress;
      replica.progress = {
        told_order: [...old.told_order],
        hypervolume: [...old.hypervolume],
        best: [...old.best],
        spent_seconds: [...old.spent_seconds],
      };
      this.freshProgress.add(number);
    }
    return replica.progress;
  }
}

/** The state after `events`, of which the last has the number `seq`. Throws OutdatedClient. */
export function reduce(state: RunState, events: readonly AnyEvent[], seq: number): RunState {
  const draft = new Draft(state);
  for (const event of events) apply(draft, event);
  draft.state.seq = seq;
  return draft.state;
}

function apply(draft: Draft, event: AnyEvent): void {
  switch (event.type) {
    case "run_changed":
      draft.state.state = event.state;
      draft.state.end_reason = event.end_reason;
      return;
    case "trials_added":
      for (const number of event.numbers) addTrial(draft.trials(event.replica), number);
      return;
    case "trial_started":
      setState(draft.trials(event.replica), event.number, "running");
      return;
    case "trials_requeued":
      for (const number of event.numbers) setState(draft.trials(event.replica), number, "queued");
      return;
    case "trials_finished":
      for (const row of event.trials) finishTrial(draft.trials(event.replica), row);
      return;
    case "front_changed":
      changeFront(draft, event);
      return;
    case "reference_point_fixed":
      draft.state.reference_point = event.reference_point;
      return;
    case "intervened":
      intervene(draft, event);
      return;
    case "work_changed":
      changeWork(draft, event);
      return;
    case "noticed":
      notice(draft, event);
      return;
    case "curve_grew": // long series are fetched by cursor; the panel listens to the event itself
    case "views_changed":
      return;
    default:
      outdatedClient(event);
  }
}

/** A new event that is not handled above fails the build here; at run time an old page meets a new server. */
function outdatedClient(event: never): void {
  throw new OutdatedClient(`there is no way to apply ${JSON.stringify(event)}`);
}

/** The row of a trial. Numbers ascend, usually without gaps: looked up directly, else by halving. -1 when it is not there. */
export function rowOf(numbers: readonly number[], number: number): number {
  const first = numbers[0];
  if (first === undefined) return -1;
  if (numbers[number - first] === number) return number - first;
  let low = 0;
  let high = numbers.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((numbers[middle] ?? Infinity) < number) low = middle + 1;
    else high = middle;
  }
  return numbers[low] === number ? low : -1;
}

function addTrial(trials: TrialColumns, number: number): void {
  if (rowOf(trials.number, number) >= 0) return;
  const isLast = number > (trials.number.at(-1) ?? -Infinity);
  const next = isLast ? -1 : trials.number.findIndex((other) => other > number);
  const at = next < 0 ? trials.number.length : next;
  trials.number.splice(at, 0, number);
  trials.state.splice(at, 0, "queued");
  trials.is_feasible.splice(at, 0, true);
  trials.is_reused.splice(at, 0, false);
  trials.is_found.splice(at, 0, false);
  for (const column of trials.values) column.splice(at, 0, null);
}

/** A trial that has ended stays as it ended. */
function setState(trials: TrialColumns, number: number, state: string): void {
  const row = rowOf(trials.number, number);
  if (isOpen(trials.state[row])) trials.state[row] = state;
}

function finishTrial(trials: TrialColumns, ended: TrialRow): void {
  addTrial(trials, ended.number); // what a supernet or an island reports was never queued
  const row = rowOf(trials.number, ended.number);
  trials.state[row] = ended.state;
  trials.is_feasible[row] = ended.is_feasible;
  trials.is_reused[row] = ended.is_reused;
  trials.is_found[row] = ended.is_found;
  trials.values.forEach((column, objective) => {
    column[row] = ended.values[objective] ?? null;
  });
}

/** Of two the newer; one that has ended stays as it ended. */
function changeWork(draft: Draft, { type, replica: number, ...row }: WorkChanged): void {
  const replica = draft.replica(number);
  const known = replica.work;
  const isOver = known?.number === row.number && !isOpen(known.state);
  if (isOver || (known !== null && known.number > row.number)) return;
  replica.work = row;
}

function notice(draft: Draft, { type, replica: number, ...row }: Noticed): void {
  const replica = draft.replica(number);
  if (row.number >= replica.findings.length) replica.findings = [...replica.findings, row];
}

function intervene(draft: Draft, { type, replica: number, ...row }: Intervened): void {
  const replica = draft.replica(number);
  if (row.number < replica.interventions.length) return;
  replica.interventions = [...replica.interventions, row];
  if (row.kind === "change_budget" && number === draft.state.replicas[0]?.number) {
    draft.state.budget_trials = row.budget_trials;
    draft.state.budget_wall_seconds = row.budget_wall_seconds;
  }
}

function changeFront(draft: Draft, event: FrontChanged): void {
  const replica = draft.replica(event.replica);
  if (event.added.length > 0 || event.removed.length > 0) {
    const removed = new Set(event.removed);
    const kept = replica.front.filter((number) => !removed.has(number));
    replica.front = [...new Set([...kept, ...event.added])].sort((a, b) => a - b);
  }
  const known = replica.progress.told_order.at(-1) ?? -1;
  const rows = event.progress.filter((row) => row.told_order > known);
  if (rows.length === 0) return;
  const progress = draft.progress(event.replica);
  for (const row of rows) {
    if (isOnlyClosing(progress)) {
      progress.told_order.pop();
      progress.hypervolume.pop();
      progress.best.pop();
      progress.spent_seconds.pop();
    }
    progress.told_order.push(row.told_order);
    progress.hypervolume.push(row.hypervolume);
    progress.best.push(row.best);
    progress.spent_seconds.push(row.spent_seconds);
  }
}

/** Whether the last step changed nothing and stands there only to say how far the curve goes. */
function isOnlyClosing(progress: ProgressColumns): boolean {
  const { hypervolume, best } = progress;
  return best.length >= 2 && hypervolume.at(-1) === hypervolume.at(-2) && best.at(-1) === best.at(-2);
}
