/** What the states of a trial mean for charts and counts; the same families as apps/runs/states.py. */

const OPEN: ReadonlySet<string> = new Set(["queued", "running"]);
const OK: ReadonlySet<string> = new Set(["completed", "stopped_early"]);

export function isOpen(state: string | undefined): boolean {
  return state !== undefined && OPEN.has(state);
}

export function isOk(state: string | undefined): boolean {
  return state !== undefined && OK.has(state);
}

export function hasFailed(state: string | undefined): boolean {
  return state !== undefined && !OPEN.has(state) && !OK.has(state);
}
