/**
 * A server-rendered part that is fetched when its tab is first shown, and again when an event of a kind that `data-on` names came:
 * `<div data-controller="run-part" data-url="…" data-on="views_changed">`.
 */
import { attach, detach } from "../controllers/attach";
import type { RunStore } from "../live/store";

const PAUSE_MS = 2000;

export function runPart(element: HTMLElement, store: RunStore): void {
  let isStale = true;
  let timer: ReturnType<typeof setTimeout> | undefined;

  /** What somebody is typing is not written over. */
  const isFilledIn = (): boolean => {
    const { activeElement } = document;
    return activeElement !== null && element.contains(activeElement) && activeElement.matches("input, select, textarea");
  };
  const loadSoon = (): void => {
    if (isStale) timer ??= setTimeout(() => void load(), PAUSE_MS);
  };
  const load = async (): Promise<void> => {
    timer = undefined;
    if (!isStale || element.hidden || element.querySelector("details[open]") !== null || isFilledIn()) return;
    isStale = false;
    const response = await fetch(element.dataset.url ?? "").catch(() => null);
    if (response?.ok !== true) {
      isStale = true;
      return;
    }
    const text = await response.text();
    detach(element);
    const own = element.dataset.controller ?? "";
    element.innerHTML = text; // our own server's template
    for (const child of element.children) attach(child instanceof HTMLElement ? child : element);
    element.dataset.controller = own;
    element.dispatchEvent(new CustomEvent("part:loaded", { bubbles: true }));
  };

  element.addEventListener("tab:shown", () => void load());
  store.onEvents((events) => {
    const kinds = (element.dataset.on ?? "").split(" ");
    if (!events.some(({ event }) => kinds.includes(event.type))) return;
    isStale = true;
    loadSoon();
  });
  element.addEventListener("focusout", loadSoon);
  if (!element.hidden) void load();
}
