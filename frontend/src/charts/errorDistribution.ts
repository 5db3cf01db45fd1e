/** The cumulative error distribution: true steps, one for each distinct value; failed trials are counted and never reached. */
import { formatCount, formatNumber } from "../i18n/numbers";
import type { ReplicaState } from "../live/events.generated";
import type { RunState } from "../live/reduce";
import { fillText, seriesLook, traceFrom, type ChartView, type Figure, type Skeleton, type Table } from "./figure";
import { focused, outsideNote } from "./focus";
import { hasBaseline, replicaName, sidesOf } from "./sides";
import { hasFailed, isOk } from "./trialStates";

export interface Distribution {
  /** The value of each trial that has one, best first. */
  found: number[];
  /** Distinct values, best first. */
  values: number[];
  /** The share of all ended trials that is at least as good. */
  shares: number[];
  count: number;
  numFailed: number;
  best: number | null;
  mean: number | null;
}

/** Of all trials of these replicas together. */
export function distribution(replicas: readonly ReplicaState[], skeleton: Skeleton): Distribution {
  const { objective, as_error_percent: asError, maximise } = skeleton.settings;
  const found: number[] = [];
  let numFailed = 0;
  let sum = 0;
  for (const { trials } of replicas) {
    const column = trials.values[Number(objective)] ?? [];
    trials.state.forEach((state, row) => {
      const value = column[row] ?? null;
      if (isOk(state) && value !== null) {
        const shown = asError === true ? 100 * (1 - value) : value;
        found.push(shown);
        sum += shown;
      } else if (hasFailed(state)) numFailed += 1;
    });
  }
  found.sort((a, b) => (maximise === true ? b - a : a - b));
  const count = found.length + numFailed;
  const values: number[] = [];
  const shares: number[] = [];
  found.forEach((value, index) => {
    if (values.at(-1) === value) {
      values.pop();
      shares.pop();
    }
    values.push(value);
    shares.push((index + 1) / count);
  });
  return { found, values, shares, count, numFailed, best: found[0] ?? null, mean: found.length > 0 ? sum / found.length : null };
}

export function legend(dist: Distribution, skeleton: Skeleton): string {
  const key = `legend${skeleton.settings.maximise === true ? "_max" : ""}${dist.numFailed > 0 ? "_failed" : ""}`;
  return fillText(skeleton.texts[key], {
    n: formatCount(dist.count),
    failed: formatCount(dist.numFailed),
    min: formatNumber(dist.best),
    max: formatNumber(dist.best),
    mean: formatNumber(dist.mean),
  });
}

interface Group {
  name: string;
  replicas: ReplicaState[];
  look: { color: string; dash: string };
}

/** The curves: one for each side of a run with a baseline, all its seeds together; else one for each replica. */
function groupsOf(state: RunState): Group[] {
  if (hasBaseline(state)) {
    return sidesOf(state).map(({ label, replicas, color, dash }) => ({ name: label, replicas, look: { color, dash } }));
  }
  return state.replicas.map((replica, index) => ({ name: replicaName(replica), replicas: [replica], look: seriesLook(index) }));
}

export function toFigure(state: RunState, skeleton: Skeleton, { showsAll }: Pick<ChartView, "showsAll">): Figure {
  const figure: Figure = { data: [], layout: skeleton.layout, notes: [], numOutside: 0, isEmpty: true };
  const all: number[] = [];
  const groups = groupsOf(state);
  for (const { name, replicas, look } of groups) {
    const dist = distribution(replicas, skeleton);
    const first = dist.values[0];
    if (first === undefined) continue;
    figure.isEmpty = false;
    for (const value of dist.found) all.push(value);
    const prefix = groups.length > 1 ? `${name}: ` : "";
    figure.data.push(
      traceFrom(skeleton.traces.edf, {
        // The curve rises from zero at the best value: a step needs both ends.
        x: [first, ...dist.values],
        y: [0, ...dist.shares],
        name: prefix + legend(dist, skeleton),
        showlegend: true,
        line: look,
        hovertemplate: `${skeleton.texts.value ?? ""}: %{x:.4~g}<br>${skeleton.texts.share ?? ""}: %{y:.1%}<extra></extra>`,
      }),
    );
  }
  const focus = focused(skeleton.layout, skeleton, { xaxis: all });
  figure.numOutside = focus.numOutside;
  if (!showsAll && focus.numOutside > 0) {
    figure.layout = focus.layout;
    figure.notes.push(outsideNote(focus.numOutside));
  }
  return figure;
}

/** Every step of the distribution. */
export function toTable(state: RunState, skeleton: Skeleton): Table {
  const rows = groupsOf(state).flatMap(({ name, replicas }) => {
    const { values, shares } = distribution(replicas, skeleton);
    return values.map((value, row) => ({
      cells: [name, formatNumber(value), `${formatNumber(100 * (shares[row] ?? 0))} %`],
    }));
  });
  const titles = [skeleton.texts.value ?? "", skeleton.texts.share ?? ""];
  const columns = [{ title: skeleton.texts.of ?? "", isNumber: false }, ...titles.map((title) => ({ title, isNumber: true }))];
  return { columns, rows };
}
