/**
 * A drawing whose groups open and close without a new page: `data-controller="drawing"` around `[data-drawing-tools]` and
 * `[data-zoom-area]`. Links `a[data-drawing]` and, in the picture, `a[data-toggle]` lead to the same page drawn otherwise; the
 * script asks for that part only and keeps scroll, zoom and the place of the focus. Without scripts the links work as they are.
 * With `data-drawing-form="id"` that form is sent along: it holds what is drawn, and perhaps more than an address can.
 */
import { gettext } from "../i18n/text";

const PARTS = ["[data-drawing-tools]", "[data-zoom-area]"] as const;

export function drawing(element: HTMLElement): () => void {
  let asked: AbortController | undefined;

  const say = (text: string): void => {
    const status = element.querySelector("[data-drawing-status]");
    if (status !== null) status.textContent = text;
  };

  const focusOn = (group: string | null): void => {
    if (group === null) return;
    element.querySelector<SVGAElement>(`a[data-toggle="${CSS.escape(group)}"]`)?.focus({ preventScroll: true });
  };

  const form = (): HTMLFormElement | null => {
    const found = document.getElementById(element.dataset.drawingForm ?? "");
    return found instanceof HTMLFormElement ? found : null;
  };
  const ask = (address: URL, signal: AbortSignal): Promise<Response> => {
    const headers = { "X-Part": "drawing" };
    const sent = form();
    if (sent === null) return fetch(address, { headers, signal });
    const body = new FormData(sent);
    body.delete("open"); // an address that does not name it means the usual groups
    for (const name of ["view", "open"]) {
      const value = address.searchParams.get(name);
      if (value !== null) body.set(name, value);
    }
    return fetch(sent.getAttribute("action") ?? "", { method: "POST", body, headers, signal });
  };

  const load = async (address: URL, group: string | null): Promise<void> => {
    asked?.abort();
    asked = new AbortController();
    element.setAttribute("aria-busy", "true");
    try {
      const answer = await ask(address, asked.signal);
      if (!answer.ok || answer.redirected) throw new Error(String(answer.status));
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
      for (const part of PARTS) {
        const [old, now] = [element.querySelector(part), fresh.querySelector(part)];
        if (old !== null && now !== null) old.replaceChildren(...now.childNodes);
      }
      if (group === null) element.querySelector("[data-zoom-area]")?.scrollTo(0, 0);
      if (form() === null) history.replaceState(history.state, "", address.search + location.hash);
      const file = document.querySelector<HTMLAnchorElement>("a[data-drawing-file]");
      if (file !== null) file.search = address.search;
      focusOn(group);
      say(element.querySelector("[data-drawing-said]")?.textContent ?? "");
    } catch (error) {
      if (error instanceof DOMException && error.name === "AbortError") return;
      say(gettext("The drawing could not be loaded."));
      if (form() === null) location.assign(address); // the page says what is wrong
    } finally {
      element.removeAttribute("aria-busy");
    }
  };

  const follow = (event: MouseEvent): void => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
    const link = event.target instanceof Element ? event.target.closest("a[data-drawing], a[data-toggle]") : null;
    const to = link?.getAttribute("href");
    if (link === null || to === null || to === undefined) return;
    event.preventDefault();
    void load(new URL(to, location.href), link.getAttribute("data-toggle"));
  };

  element.addEventListener("click", follow);
  return () => {
    asked?.abort();
    element.removeEventListener("click", follow);
  };
}
