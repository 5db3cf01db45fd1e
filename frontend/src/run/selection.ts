/** Which trial the reader looks at. It stands in the address as `?trial=replica.number`; null follows the best. */
import type { TrialRef } from "../charts/figure";

type Listener = (trial: TrialRef | null, byReader: boolean) => void;

export function parseTrial(text: string | null | undefined): TrialRef | null {
  const match = /^(\d+)\.(\d+)$/.exec(text ?? "");
  return match === null ? null : [Number(match[1]), Number(match[2])];
}

export class Selection {
  trial: TrialRef | null = parseTrial(new URLSearchParams(location.search).get("trial"));
  private readonly listeners = new Set<Listener>();

  /** A click anywhere on the page on something with `data-select-trial` chooses that trial. */
  constructor() {
    document.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return; // a new tab is wanted
      const link = event.target instanceof Element ? event.target.closest<HTMLElement>("[data-select-trial]") : null;
      const trial = parseTrial(link?.dataset.selectTrial);
      if (trial === null) return;
      event.preventDefault();
      this.choose(trial);
    });
  }

  choose(trial: TrialRef | null): void {
    this.trial = trial;
    const address = new URL(location.href);
    if (trial === null) address.searchParams.delete("trial");
    else address.searchParams.set("trial", trial.join("."));
    history.replaceState(history.state, "", address);
    for (const listener of this.listeners) listener(trial, true);
  }

  onChange(listener: Listener): void {
    this.listeners.add(listener);
    listener(this.trial, false);
  }
}
