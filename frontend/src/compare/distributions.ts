/** The error distributions of several runs, each over all its seeds. */
import { distribution, legend, type Distribution } from "../charts/errorDistribution";
import { traceFrom, type Figure, type Skeleton, type Table } from "../charts/figure";
import { formatNumber } from "../i18n/numbers";
import { namedArms, type NamedArm } from "./looks";
import { narrow } from "./narrow";
import type { CompareView } from "./view";

function distributions(view: CompareView, skeleton: Skeleton): { named: NamedArm; dist: Distribution }[] {
  const runs = new Map(view.comparison.runs.map((run) => [run.id, run]));
  return namedArms(view.comparison, skeleton.texts.baseline).flatMap((named) => {
    const state = view.states.get(named.arm.run);
    const replicas = (state?.replicas ?? []).filter(({ number }) => named.arm.replicas.includes(number));
    if (replicas.length === 0) return [];
    // The shared objective stands elsewhere in each run.
    const objective = runs.get(named.arm.run)?.columns[Number(skeleton.settings.objective)] ?? 0;
    const dist = distribution(replicas, { ...skeleton, settings: { ...skeleton.settings, objective } });
    return dist.values.length > 0 ? [{ named, dist }] : [];
  });
}

export function toFigure(view: CompareView, skeleton: Skeleton): Figure {
  const found = distributions(view, skeleton);
  const figure: Figure = { data: [], layout: skeleton.layout, notes: [], numOutside: 0, isEmpty: found.length === 0 };
  const all: number[] = [];
  for (const { named, dist } of found) {
    for (const value of dist.found) all.push(value);
    const { color, dash, width } = named.look;
    figure.data.push(
      traceFrom(skeleton.traces.edf, {
        // The curve rises from zero at the best value: a step needs both ends.
        x: [dist.values[0] ?? 0, ...dist.values],
        y: [0, ...dist.shares],
        name: `${named.drawn}: ${legend(dist, skeleton)}`,
        showlegend: true,
        line: { color, dash, width },
        hovertemplate: `<b>${named.drawn}</b><br>${skeleton.texts.value ?? ""}: %{x:.4~g}<br>${skeleton.texts.share ?? ""}: %{y:.1%}<extra></extra>`,
      }),
    );
  }
  narrow(figure, skeleton, { xaxis: all }, view.showsAll);
  return figure;
}

export function toTable(view: CompareView, skeleton: Skeleton): Table {
  const rows = distributions(view, skeleton).flatMap(({ named, dist }) =>
    dist.values.map((value, row) => ({
      cells: [named.name, formatNumber(value), `${formatNumber(100 * (dist.shares[row] ?? 0))} %`],
    })),
  );
  const columns = [
    { title: skeleton.texts.run ?? "", isNumber: false },
    { title: skeleton.texts.value ?? "", isNumber: true },
    { title: skeleton.texts.share ?? "", isNumber: true },
  ];
  return { columns, rows };
}
