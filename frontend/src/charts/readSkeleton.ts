import type { Skeleton } from "./figure";

/** The skeleton that the server put into `root` as `<script type="application/json">`. */
export function readSkeleton(root: ParentNode): Skeleton {
  const script = root.querySelector('script[type="application/json"]');
  if (script?.textContent == null) throw new Error("a chart came without its skeleton");
  return JSON.parse(script.textContent) as Skeleton;
}
