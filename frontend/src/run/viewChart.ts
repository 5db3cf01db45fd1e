/** A picture of a strategy's inside: the server sends it whole. A point that stands for a trial leads to it. */
import { Mount } from "../charts/mount";
import { readSkeleton } from "../charts/readSkeleton";
import type { Selection } from "./selection";

export function viewChart(element: HTMLElement, selection?: Selection): (() => void) | undefined {
  const host = element.querySelector<HTMLElement>("[data-chart-plot]");
  if (host === null) return undefined;
  const skeleton = readSkeleton(element);
  const mount = new Mount(host, skeleton.name, { onSelect: (trial) => selection?.choose(trial) });
  mount.update(() => ({ data: Object.values(skeleton.traces), layout: skeleton.layout, notes: [], numOutside: 0, isEmpty: false }));
  return () => mount.destroy();
}
