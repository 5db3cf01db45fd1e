/**
 * A sequence of steps that scrolls sideways: `data-controller="walk"` around `[data-walk-steps]` with `[data-walk-step]`s, buttons
 * `[data-walk-go]` and `[data-walk-place]`. Arrow keys, Home and End move; the chart above leads to a step by a click.
 */
import { Mount } from "../charts/mount";
import { readSkeleton } from "../charts/readSkeleton";
import { gettext } from "../i18n/text";

const CHOSEN = "walk:chosen";

export function walk(element: HTMLElement): (() => void) | undefined {
  const list = element.querySelector<HTMLElement>("[data-walk-steps]");
  const place = element.querySelector<HTMLElement>("[data-walk-place]");
  if (list === null) return undefined;
  const steps = [...list.querySelectorAll<HTMLElement>("[data-walk-step]")];
  let at = 0;

  const show = (): void => {
    steps.forEach((step, index) => {
      if (index === at) step.setAttribute("aria-current", "step");
      else step.removeAttribute("aria-current");
    });
    for (const button of element.querySelectorAll<HTMLButtonElement>("[data-walk-go]")) {
      button.disabled = steps[at + Number(button.dataset.walkGo)] === undefined;
    }
    if (place !== null) place.textContent = gettext("%(step)s of %(steps)s", { step: at, steps: steps.length - 1 });
  };
  const go = (to: number, { takesFocus = true } = {}): void => {
    at = Math.max(0, Math.min(steps.length - 1, to));
    const step = steps[at];
    if (step === undefined) return;
    const isCalm = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
    list.scrollTo({ left: step.offsetLeft - (list.clientWidth - step.offsetWidth) / 2, behavior: isCalm ? "auto" : "smooth" });
    if (takesFocus) step.focus({ preventScroll: true });
    show();
  };

  list.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: steps.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    go(to);
  });
  list.addEventListener("focusin", (event) => {
    const step = event.target instanceof Element ? event.target.closest("[data-walk-step]") : null;
    const index = steps.findIndex((each) => each === step);
    if (index < 0) return;
    at = index;
    show();
  });
  for (const button of element.querySelectorAll<HTMLElement>("[data-walk-go]")) {
    button.addEventListener("click", () => go(at + Number(button.dataset.walkGo), { takesFocus: false }));
  }
  // A drawing that has come and has more than fits shows first what changed.
  list.addEventListener("htmx:afterSettle", (event) => {
    if (!(event.target instanceof Element)) return;
    for (const drawing of event.target.querySelectorAll<HTMLElement>(".step__drawing")) {
      const mark = drawing.querySelector(".graph-badge, .is-changed, .is-added")?.getBoundingClientRect();
      const frame = drawing.getBoundingClientRect();
      if (mark === undefined) continue;
      const middle = { x: mark.x + mark.width / 2 - frame.x, y: mark.y + mark.height / 2 - frame.y };
      drawing.scrollTo(middle.x - frame.width / 2, middle.y - frame.height / 2);
    }
  });
  const chosen = (event: Event): void => {
    const index = steps.findIndex((step) => step.dataset.trial === (event as CustomEvent<string>).detail);
    if (index >= 0) go(index);
  };
  document.addEventListener(CHOSEN, chosen);
  element.querySelector("[data-walk-buttons]")?.toggleAttribute("hidden", false);
  show();
  return () => document.removeEventListener(CHOSEN, chosen);
}

/** The value from step to step; the server sends the picture whole. */
export function walkChart(element: HTMLElement): (() => void) | undefined {
  const host = element.querySelector<HTMLElement>("[data-chart-plot]");
  if (host === null) return undefined;
  const skeleton = readSkeleton(element);
  const mount = new Mount(host, skeleton.name, {
    onSelect: (trial) => document.dispatchEvent(new CustomEvent(CHOSEN, { detail: trial.join(".") })),
  });
  mount.update(() => ({ data: Object.values(skeleton.traces), layout: skeleton.layout, notes: [], numOutside: 0, isEmpty: false }));
  return () => mount.destroy();
}
