/**
 * The new-run form as a stepper. It is one form with all its sections; this shows one at a time, keeps the step in the
 * address (#step-space), and tells the preview when something that matters changed:
 * `<form data-controller="wizard">` with `<section data-step id="step-…">`, links to them in `[data-steps]`, `[data-go]` buttons.
 */

const TYPING_MS = 450;
const CHOSEN_MS = 60;

export function wizard(element: HTMLElement): () => void {
  const sections = [...element.querySelectorAll<HTMLElement>("[data-step]")];
  const entries = [...element.querySelectorAll<HTMLElement>("[data-steps] li")];
  const buttons = element.querySelector<HTMLElement>("[data-step-buttons]");
  const [back, next] = ["back", "next"].map((go) => element.querySelector<HTMLButtonElement>(`[data-go="${go}"]`));
  const preview = document.getElementById("preview");
  let at = 0;
  let timer: number | undefined;

  const show = (index: number): void => {
    at = Math.min(Math.max(index, 0), sections.length - 1);
    for (const [place, section] of sections.entries()) section.hidden = place !== at;
    for (const [place, entry] of entries.entries()) {
      if (place === at) entry.setAttribute("aria-current", "step");
      else entry.removeAttribute("aria-current");
      entry.toggleAttribute("data-done", place < at && !entry.hasAttribute("data-wrong"));
    }
    if (back) back.disabled = at === 0;
    if (next) next.disabled = at === sections.length - 1;
  };
  const go = (index: number): void => {
    show(index);
    history.replaceState(history.state, "", `#${sections[at]?.id ?? ""}`);
    sections[at]?.focus({ preventScroll: true });
    element.scrollIntoView({ block: "nearest" });
  };
  const fromAddress = (): number => sections.findIndex((section) => `#${section.id}` === location.hash);

  const changed = (event: Event): void => {
    if (event.target instanceof HTMLElement && event.target.closest("[data-not-previewed]") !== null) return;
    window.clearTimeout(timer);
    const wait = event.type === "input" ? TYPING_MS : CHOSEN_MS;
    timer = window.setTimeout(() => preview?.dispatchEvent(new CustomEvent("wizard:changed")), wait);
  };
  const followed = (event: MouseEvent): void => {
    const link = event.target instanceof Element ? event.target.closest("a[href^='#step-']") : null;
    const index = sections.findIndex((section) => `#${section.id}` === link?.getAttribute("href"));
    if (index < 0) return;
    event.preventDefault();
    go(index);
  };
  const entered = (event: KeyboardEvent): void => {
    const isField = event.target instanceof HTMLInputElement && event.target.closest("[data-step]") !== null;
    if (event.key !== "Enter" || !isField) return;
    event.preventDefault();
    if (at < sections.length - 1) go(at + 1);
  };
  const busy = document.querySelector<HTMLElement>("[data-busy]");
  const asked = (): void => void busy?.toggleAttribute("hidden", false);
  const answered = (): void => {
    busy?.toggleAttribute("hidden", true);
    const suggested = preview?.querySelector<HTMLElement>("[data-suggested-name]")?.dataset.suggestedName;
    const name = element.querySelector<HTMLInputElement>("input[name=name]");
    if (name !== null && suggested !== undefined) name.placeholder = suggested;
  };

  element.addEventListener("input", changed);
  element.addEventListener("change", changed);
  element.addEventListener("keydown", entered);
  document.addEventListener("click", followed);
  back?.addEventListener("click", () => go(at - 1));
  next?.addEventListener("click", () => go(at + 1));
  preview?.addEventListener("htmx:beforeRequest", asked);
  preview?.addEventListener("htmx:afterRequest", answered);
  const moved = (): void => show(fromAddress());
  window.addEventListener("hashchange", moved);

  buttons?.toggleAttribute("hidden", false);
  const wrong = entries.findIndex((entry) => entry.hasAttribute("data-wrong"));
  show(wrong >= 0 ? wrong : fromAddress());

  return () => {
    window.clearTimeout(timer);
    document.removeEventListener("click", followed);
    window.removeEventListener("hashchange", moved);
  };
}
