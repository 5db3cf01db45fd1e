/** The table of trials: its first page in the usual order renews itself; elsewhere a button says how many are new. */
import htmx from "htmx.org";

import { formatCount } from "../i18n/numbers";
import { ngettext } from "../i18n/text";
import type { RunStore } from "../live/store";
import type { Selection } from "./selection";

const PAUSE_MS = 1000;

export function trialTable(element: HTMLElement, store: RunStore, selection: Selection): void {
  const list = element.querySelector<HTMLElement>("#trial-list");
  const button = element.querySelector<HTMLElement>("[data-show-new]");
  const form = element.querySelector<HTMLFormElement>("[data-trial-filter]");
  if (list === null || button === null || form === null) return;
  let numNew = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isStale = false;

  const page = (): HTMLElement | null => list.querySelector<HTMLElement>("[data-trial-page]");
  const refresh = (): void => {
    timer = undefined;
    const shown = page();
    // A reader whose focus is in the table keeps it; a hidden tab or panel waits until it is seen.
    if (shown?.dataset.live === undefined || list.contains(document.activeElement)) return;
    if (element.hidden || document.hidden) {
      isStale = true;
      return;
    }
    isStale = false;
    void htmx.ajax("get", shown.dataset.url ?? "", { target: list, swap: "innerHTML" });
  };
  const request = (): void => {
    timer ??= setTimeout(refresh, PAUSE_MS);
  };
  const showNew = (): void => {
    const isLive = page()?.dataset.live !== undefined && !list.contains(document.activeElement);
    button.hidden = isLive || numNew === 0;
    const count = formatCount(numNew);
    button.textContent = ngettext("%(count)s new – show", "%(count)s new – show", numNew, { count });
  };
  const mark = (): void => {
    const chosen = selection.trial?.join(".");
    for (const row of list.querySelectorAll<HTMLElement>("tr[data-trial]")) {
      row.toggleAttribute("data-selected", row.dataset.trial === chosen);
    }
  };

  button.addEventListener("click", () => {
    numNew = 0;
    form.reset();
    void htmx.ajax("get", form.getAttribute("hx-get") ?? "", { target: list, swap: "innerHTML" });
  });
  list.addEventListener("htmx:afterSettle", () => {
    numNew = 0;
    showNew();
    mark();
  });
  list.addEventListener("focusout", request);
  const resume = (): void => {
    if (isStale) request();
  };
  element.addEventListener("tab:shown", resume);
  document.addEventListener("visibilitychange", resume);
  store.onEvents((events) => {
    let changed = false;
    for (const { event } of events) {
      if (event.type === "trials_added") numNew += event.numbers.length;
      changed ||= ["trials_added", "trials_finished", "trial_started", "trials_requeued", "front_changed"].includes(event.type);
    }
    if (!changed) return;
    showNew();
    request();
  });
  selection.onChange(mark);
}
