/** The head of a comparison: what state each run is in, and whether the page hears of all of them. */
import { dotOf, ENDED } from "../run/header";
import { stateChip } from "../run/stateChip";
import type { CompareStore } from "./compareStore";

export function compareHeader(page: HTMLElement, store: CompareStore, stateName: (state: string) => string): void {
  const dot = page.querySelector<HTMLElement>("[data-live-dot]");
  const words = page.querySelector<HTMLElement>("[data-live-text]");
  const showDot = (): void => {
    const states = [...store.states().values()];
    const isOver = states.length === store.comparison.runs.length && states.every(({ state }) => ENDED.has(state));
    const [look, text] = dotOf(store.connection(), isOver);
    if (dot !== null) dot.dataset.live = look;
    if (words !== null) words.textContent = text;
  };
  store.onChange(() => {
    for (const [run, { state }] of store.states()) {
      const place = page.querySelector(`[data-run="${run}"] [data-run-chip]`);
      if (place?.querySelector<HTMLElement>(".chip")?.dataset.state === state) continue;
      place?.replaceChildren(stateChip(state, stateName(state)));
    }
    showDot();
  });
  store.onConnection(showDot);
}
