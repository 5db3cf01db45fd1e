/** The table of results as the server writes it, written anew when it has computed anew: `[data-controller="compare-results"]`. */
import { attach, detach } from "../controllers/attach";
import type { CompareStore } from "./compareStore";

export function compareResults(element: HTMLElement, store: CompareStore, address: string): void {
  store.onComputed(() => {
    if (element.contains(document.activeElement)) return; // a reader whose focus is in it keeps it; the next one comes
    void fetch(address)
      .then((response) => (response.ok ? response.text() : null))
      .catch(() => null)
      .then((text) => {
        if (text === null) return;
        detach(element);
        element.innerHTML = text; // our own server's template
        for (const child of element.children) if (child instanceof HTMLElement) attach(child);
      });
  });
}
