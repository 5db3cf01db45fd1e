/** A picture of a strategy's inside: the server sends it whole. */
import { Mount } from "../charts/mount";
import { readSkeleton } from "../charts/readSkeleton";

export function viewChart(element: HTMLElement): (() => void) | undefined {
  const host = element.querySelector<HTMLElement>("[data-chart-plot]");
  if (host === null) return undefined;
  const skeleton = readSkeleton(element);
  const mount = new Mount(host, skeleton.name);
  mount.update(() => ({ data: Object.values(skeleton.traces), layout: skeleton.layout, notes: [], numOutside: 0, isEmpty: false }));
  return () => mount.destroy();
}
