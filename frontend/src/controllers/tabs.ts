/**
 * Tabs: `<div role="tablist" data-controller="tabs">` with buttons `role="tab" aria-controls="panel"`. Arrow keys move; the
 * chosen tab stands in the address, so that a link leads to it. A panel hears "tab:shown" each time it is shown. A tab that is
 * hidden is passed over.
 */
export function tabs(list: HTMLElement): void {
  const all = [...list.querySelectorAll<HTMLElement>('[role="tab"]')];
  const panelOf = (tab: HTMLElement): HTMLElement | null => document.getElementById(tab.getAttribute("aria-controls") ?? "");

  const select = (chosen: HTMLElement): void => {
    for (const tab of all) {
      const isChosen = tab === chosen;
      tab.setAttribute("aria-selected", String(isChosen));
      tab.tabIndex = isChosen ? 0 : -1;
      const panel = panelOf(tab);
      if (panel !== null) panel.hidden = !isChosen;
    }
    // On a small screen the list scrolls; only it does, the page stays where it is.
    list.scrollLeft = chosen.offsetLeft - (list.clientWidth - chosen.offsetWidth) / 2;
    panelOf(chosen)?.dispatchEvent(new Event("tab:shown"));
  };

  list.addEventListener("click", (event) => {
    const tab = event.target instanceof Element ? event.target.closest<HTMLElement>('[role="tab"]') : null;
    if (tab === null) return;
    select(tab);
    history.replaceState(history.state, "", `#${tab.getAttribute("aria-controls") ?? ""}`);
  });
  list.addEventListener("keydown", (event) => {
    const seen = all.filter((tab) => !tab.hidden);
    const at = seen.findIndex((tab) => tab === document.activeElement);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: seen.length - 1 }[event.key];
    if (at < 0 || to === undefined) return;
    event.preventDefault();
    const tab = seen[(to + seen.length) % seen.length];
    tab?.focus();
    tab?.click();
  });

  const named = all.find((tab) => !tab.hidden && `#${tab.getAttribute("aria-controls") ?? ""}` === location.hash);
  const first = named ?? all.find((tab) => tab.getAttribute("aria-selected") === "true") ?? all[0];
  if (first !== undefined) select(first);
}
