/** Controllers: small functions bound to elements by `data-controller="name other"`, also in what htmx swaps in. */

/** Sets an element up; may return what undoes it, called when the element leaves the page through a swap. */
// eslint-disable-next-line @typescript-eslint/no-invalid-void-type -- "nothing to undo" is the usual case
export type Controller = (element: HTMLElement) => (() => void) | void;

const controllers = new Map<string, Controller>();
const attached = new WeakMap<HTMLElement, Map<string, (() => void) | undefined>>();

function attachTo(element: HTMLElement): void {
  const done = attached.get(element) ?? new Map<string, (() => void) | undefined>();
  attached.set(element, done);
  for (const name of (element.dataset.controller ?? "").split(/\s+/)) {
    const controller = controllers.get(name);
    if (controller === undefined || done.has(name)) continue;
    done.set(name, undefined);
    done.set(name, controller(element) ?? undefined);
  }
}

function within(root: ParentNode): HTMLElement[] {
  const found = [...root.querySelectorAll<HTMLElement>("[data-controller]")];
  return root instanceof HTMLElement && root.matches("[data-controller]") ? [root, ...found] : found;
}

/** Makes `controller` known under `name` and attaches it to what is on the page already. */
export function register(name: string, controller: Controller): void {
  controllers.set(name, controller);
  attach(document);
}

/** Attaches all known controllers in `root`; elements that have theirs are left alone. */
export function attach(root: ParentNode): void {
  within(root).forEach(attachTo);
}

/** Undoes what was attached in `root`, before it is removed. */
export function detach(root: ParentNode): void {
  for (const element of within(root)) {
    for (const undo of attached.get(element)?.values() ?? []) undo?.();
    attached.delete(element);
  }
}
