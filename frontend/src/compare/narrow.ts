import type { Figure, Skeleton } from "../charts/figure";
import { focused, outsideNote } from "../charts/focus";

/** Looks at where the points are, unless a reader wants to see also what is far worse. `columns`: values by axis. */
export function narrow(figure: Figure, skeleton: Skeleton, columns: Record<string, readonly number[]>, showsAll: boolean): void {
  const focus = focused(skeleton.layout, skeleton, columns);
  figure.numOutside = focus.numOutside;
  if (showsAll || focus.numOutside === 0) return;
  figure.layout = focus.layout;
  figure.notes.push(outsideNote(focus.numOutside));
}
