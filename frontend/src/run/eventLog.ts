/** The event log: fetched when its tab is first shown, newest first, older ones on demand; grows live from then on. */
import { replicaName } from "../charts/sides";
import { formatDateTime, formatTime } from "../i18n/numbers";
import type { AnyEvent } from "../live/events.generated";
import type { Received, RunStore } from "../live/store";
import { sentence } from "./sentences";

const KEPT_ROWS = 2000;

export function eventLog(element: HTMLElement, store: RunStore, url: string, stateName: (state: string) => string): void {
  const list = element.querySelector<HTMLElement>("[data-log]");
  const more = element.querySelector<HTMLElement>("[data-log-more]");
  if (list === null || more === null) return;
  let oldest: number | null = null;
  let newest = 0;
  let isLoaded = false;

  /** Trials are numbered anew in each replica; where there are several, the sentence says of which it speaks. */
  const whose = (event: AnyEvent, text: string): string => {
    const replicas = store.state?.replicas ?? [];
    const replica = "replica" in event && replicas.length > 1 ? replicas.find(({ number }) => number === event.replica) : undefined;
    return replica === undefined ? text : `${replicaName(replica)}: ${text}`;
  };
  const row = ({ seq, at, event }: Received): HTMLElement | null => {
    const text = sentence(event, stateName);
    if (text === null) return null;
    const moment = new Date(at);
    const line = document.createElement("li");
    const time = document.createElement("time");
    time.dateTime = at;
    time.title = formatDateTime(moment);
    time.textContent = formatTime(moment);
    const number = document.createElement("span");
    number.className = "log__seq";
    number.textContent = `#${seq}`;
    const said = document.createElement("span");
    said.textContent = whose(event, text);
    line.append(time, number, said);
    return line;
  };
  const rows = (events: readonly Received[]): HTMLElement[] => events.map(row).filter((line) => line !== null);

  const loadOlder = async (): Promise<void> => {
    const response = await fetch(oldest === null ? url : `${url}?before=${oldest}`).catch(() => null);
    if (response?.ok !== true) return;
    const { events } = (await response.json()) as { events: Received[] };
    const fresh = isLoaded ? events : events.filter(({ seq }) => seq > newest || newest === 0);
    isLoaded = true;
    newest = Math.max(newest, events[0]?.seq ?? 0);
    oldest = events.at(-1)?.seq ?? oldest;
    list.append(...rows(fresh));
    more.hidden = events.length === 0 || oldest === 1;
  };

  element.addEventListener("tab:shown", () => {
    if (!isLoaded) void loadOlder();
  });
  if (!element.hidden) void loadOlder();
  more.addEventListener("click", () => void loadOlder());
  store.onEvents((events) => {
    if (!isLoaded) return;
    const fresh = events.filter(({ seq }) => seq > newest);
    newest = events.at(-1)?.seq ?? newest;
    list.prepend(...rows(fresh).reverse());
    while (list.children.length > KEPT_ROWS && list.lastElementChild !== null) {
      list.lastElementChild.remove();
      more.hidden = true; // what was dropped from the end is behind a reload
    }
  });
}
