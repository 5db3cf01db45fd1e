/** Hypervolume and best value so far: steps over the trials that the strategy learned of. */
import { formatNumber } from "../i18n/numbers";
import type { RunState } from "../live/reduce";
import { fillText, nameOf, seriesLook, traceFrom, type Figure, type Skeleton, type Table } from "./figure";

/** Trials are counted from 1 on the axis: after so many, the value was that. */
function after(toldOrder: readonly number[]): number[] {
  return toldOrder.map((order) => order + 1);
}

export function toFigure(state: RunState, skeleton: Skeleton): Figure {
  const figure: Figure = { data: [], layout: skeleton.layout, notes: [], numOutside: 0, isEmpty: true };
  const several = state.replicas.length > 1;
  state.replicas.forEach((replica, index) => {
    const { progress } = replica;
    if (progress.told_order.length === 0) return;
    figure.isEmpty = false;
    const replicaName = fillText(skeleton.texts.replica, { number: replica.number });
    const { color, dash } = seriesLook(index);
    for (const role of ["hypervolume", "best"] as const) {
      const template = skeleton.traces[role];
      if (template === undefined) continue;
      const title = nameOf(template);
      figure.data.push(
        traceFrom(template, {
          x: after(progress.told_order),
          y: progress[role],
          name: several ? replicaName : title,
          showlegend: several && role === "best",
          line: { color, dash },
          hovertemplate: `${title}: %{y:.5~g}<br>${skeleton.texts.after ?? ""}: %{x}<extra>${several ? replicaName : ""}</extra>`,
        }),
      );
    }
  });
  return figure;
}

/** Every step at which something changed. */
export function toTable(state: RunState, skeleton: Skeleton): Table {
  const roles = (["hypervolume", "best"] as const).filter((role) => role in skeleton.traces);
  const several = state.replicas.length > 1;
  const number = { title: fillText(skeleton.texts.replica, { number: "" }).trim(), isNumber: true };
  const columns = [
    ...(several ? [number] : []),
    { title: skeleton.texts.after ?? "", isNumber: true },
    ...roles.map((role) => ({ title: nameOf(skeleton.traces[role]), isNumber: true })),
  ];
  const rows = state.replicas.flatMap((replica) =>
    after(replica.progress.told_order).map((x, row) => ({
      cells: [...(several ? [replica.number] : []), x, ...roles.map((role) => formatNumber(replica.progress[role][row]))],
    })),
  );
  return { columns, rows };
}
