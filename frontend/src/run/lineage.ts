/**
 * The tree of who descends from whom: `data-controller="lineage" data-url="…/lineage.json"`, a panel of the tabs. What the store
 * knows of trials moves by itself; parents and operators, which never change, are fetched by a cursor, only while somebody looks.
 */
import { fillText, type TrialRef } from "../charts/figure";
import { ChartFrame } from "../charts/frame";
import { toFigure, toTable, type Lineage } from "../charts/lineage";
import type { RunStore } from "../live/store";
import type { Selection } from "./selection";

const PAUSE_MS = 1000;
const DRAW_ALL = 2000;

/** An answer of the server: rows behind a cursor. */
export interface LineagePage extends Omit<Lineage, "replica"> {
  next_after: number | null;
}

/** `page` behind `lineage`; rows that are there already are passed over. */
export function extended(lineage: Lineage, page: LineagePage): Lineage {
  const last = lineage.number.at(-1) ?? -1;
  const first = page.number.findIndex((number) => number > last);
  if (first < 0) return lineage;
  return {
    replica: lineage.replica,
    number: lineage.number.concat(page.number.slice(first)),
    parents: lineage.parents.concat(page.parents.slice(first)),
    operator: lineage.operator.concat(page.operator.slice(first)),
    changed: lineage.changed.concat(page.changed.slice(first)),
    goes_on: lineage.goes_on.concat(page.goes_on.slice(first)),
  };
}

const nothing = (replica: number): Lineage => ({ replica, number: [], parents: [], operator: [], changed: [], goes_on: [] });

class Columns {
  private readonly known = new Map<number, Lineage>();
  private readonly fetching = new Set<number>();
  private readonly wanted = new Set<number>();

  constructor(
    private readonly url: string,
    private readonly onChange: () => void,
  ) {}

  of(replica: number): Lineage {
    return this.known.get(replica) ?? nothing(replica);
  }

  /** Fetches what lies behind the last row; asked again meanwhile, once more afterwards. */
  async fetch(replica: number): Promise<void> {
    if (this.fetching.has(replica)) {
      this.wanted.add(replica);
      return;
    }
    this.fetching.add(replica);
    try {
      let next: number | null = this.of(replica).number.at(-1) ?? -1;
      while (next !== null) {
        const response = await fetch(`${this.url}?replica=${replica}&after=${next}`);
        if (!response.ok) break;
        const page = (await response.json()) as LineagePage;
        this.known.set(replica, extended(this.of(replica), page));
        next = page.next_after;
      }
    } catch {
      // The connection is gone; the next event about this replica fetches what is missing.
    } finally {
      this.fetching.delete(replica);
    }
    this.onChange();
    if (this.wanted.delete(replica)) setTimeout(() => void this.fetch(replica), PAUSE_MS);
  }
}

export function lineage(element: HTMLElement, store: RunStore, selection: Selection): (() => void) | undefined {
  const tab = document.getElementById(element.getAttribute("aria-labelledby") ?? "");
  const choice = element.querySelector<HTMLSelectElement>("[data-lineage-replica]");
  if (tab === null || choice === null) return undefined;
  const frame = new ChartFrame(element, (trial) => selection.choose(trial));
  const { skeleton } = frame;
  const columns = new Columns(element.dataset.url ?? "", () => {
    reveal();
    draw();
  });
  let replica: number | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const operators = new Set<string>();

  const draw = (): void => {
    const { state } = store;
    if (state === null || replica === null || element.hidden) return;
    const known = columns.of(replica);
    frame.update({
      toFigure: (showsAll) =>
        toFigure(store.state ?? state, known, skeleton, { selected: selection.trial, showsAll, drawAll: DRAW_ALL }),
      toTable: () => toTable(store.state ?? state, known, skeleton, { selected: selection.trial }),
      choice: known.replica,
    });
  };
  /** A search that began with random trials has a lineage as soon as the first child was proposed. */
  const reveal = (): void => {
    if (!tab.hidden || replica === null) return;
    tab.hidden = !columns.of(replica).parents.some((parents) => parents.length > 0);
  };
  const choose = (number: number): void => {
    if (replica === number) return;
    replica = number;
    choice.value = String(number);
    if (!element.hidden) void columns.fetch(number);
    draw();
  };
  const follow = (trial: TrialRef | null): void => {
    const numbers = store.state?.replicas.map(({ number }) => number) ?? [];
    if (trial !== null && numbers.includes(trial[0])) choose(trial[0]);
    draw();
  };

  choice.addEventListener("change", () => choose(Number(choice.value)));
  element.addEventListener("tab:shown", () => {
    if (replica !== null) void columns.fetch(replica);
    draw();
  });
  store.onState((state) => {
    const numbers = state.replicas.map(({ number }) => number);
    if (choice.options.length !== numbers.length) {
      choice.replaceChildren(...numbers.map((number) => new Option(fillText(skeleton.texts.replica, { number }), String(number))));
      choice.parentElement?.toggleAttribute("hidden", numbers.length < 2);
    }
    const first = numbers[0];
    if (replica === null && first !== undefined) choose(selection.trial !== null && numbers.includes(selection.trial[0]) ? selection.trial[0] : first);
    draw();
  });
  store.onEvents((events) => {
    let isStale = false;
    for (const { event } of events) {
      if (event.type !== "trials_added") continue;
      // Out of sight nothing is fetched, but for an operator not met before: its trials may be the first with parents.
      const isNew = tab.hidden && event.operators.some((operator) => !operators.has(operator));
      for (const operator of event.operators) operators.add(operator);
      isStale ||= event.replica === replica && (isNew || !element.hidden);
    }
    if (!isStale) return;
    timer ??= setTimeout(() => {
      timer = undefined;
      if (replica !== null) void columns.fetch(replica);
    }, PAUSE_MS);
  });
  selection.onChange(follow);
  return () => {
    clearTimeout(timer);
    frame.destroy();
  };
}
