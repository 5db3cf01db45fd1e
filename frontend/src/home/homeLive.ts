/** The list of runs follows what happens: rows of runs that changed are fetched again, at most once a second. */
import { attach, detach } from "../controllers/attach";
import { ReconnectingSocket, socketAddress } from "../live/socket";

const PAUSE_MS = 1000;
const NOT_ALLOWED = 4404;
const BOX = "input[name=run]";

interface RunsChanged {
  type: "runs_changed";
  runs: number[];
}

/** `<section data-controller="home-live" data-rows-url="…">` around rows with `data-run="id"`. */
export function homeLive(element: HTMLElement): () => void {
  const rowsUrl = element.dataset.rowsUrl ?? "";
  const changed = new Set<number>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let wasOpen = false;

  const rowOf = (run: number): HTMLElement | null => element.querySelector<HTMLElement>(`[data-run="${run}"]`);
  const shownRuns = (): number[] =>
    [...element.querySelectorAll<HTMLElement>("[data-run]")].map((row) => Number(row.dataset.run));

  const isFirstPage = (): boolean => {
    const given = new URLSearchParams(location.search);
    return [...given].every(([name, value]) => value === "" || (name === "order" && value === "-created_at"));
  };

  const refresh = async (): Promise<void> => {
    timer = undefined;
    const runs = [...changed];
    changed.clear();
    if (runs.length === 0) return;
    const response = await fetch(`${rowsUrl}?ids=${runs.join(",")}`).catch(() => null);
    if (response?.ok !== true) return;
    const fresh = document.createElement("template");
    fresh.innerHTML = await response.text(); // our own server's template
    const rows = [...fresh.content.querySelectorAll<HTMLElement>("[data-run]")];
    for (const row of rows) place(row);
    const kept = new Set(rows.map((row) => Number(row.dataset.run)));
    for (const run of runs) if (!kept.has(run)) rowOf(run)?.remove(); // deleted, or no longer shared
  };

  const place = (row: HTMLElement): void => {
    const old = rowOf(Number(row.dataset.run));
    if (old !== null) {
      // The reader's focus is not taken away; on the box that chooses the run it moves to that of the new row.
      const isOnBox = document.activeElement?.matches(BOX) === true && old.contains(document.activeElement);
      if (!isOnBox && old.contains(document.activeElement)) return;
      const isChosen = old.querySelector<HTMLInputElement>(BOX)?.checked ?? false;
      detach(old);
      old.replaceWith(row);
      const box = row.querySelector<HTMLInputElement>(BOX);
      if (box !== null) box.checked = isChosen;
      if (isOnBox) box?.focus({ preventScroll: true });
    } else {
      const head = element.querySelector(".runs__head");
      if (!isFirstPage() || head === null) return;
      row.classList.add("is-fresh");
      head.after(row);
    }
    attach(row);
  };

  const request = (runs: readonly number[]): void => {
    for (const run of runs) changed.add(run);
    timer ??= setTimeout(() => void refresh(), PAUSE_MS);
  };

  const socket = new ReconnectingSocket({
    address: () => socketAddress("/ws/home/"),
    onMessage: (text) => {
      const message = JSON.parse(text) as RunsChanged;
      const isNewHere = message.runs.some((run) => rowOf(run) === null);
      if (isNewHere && element.querySelector(".runs__head") === null && isFirstPage()) location.reload();
      else request(message.runs);
    },
    onStatus: (status) => {
      if (status !== "open") return;
      if (wasOpen) request(shownRuns()); // pushes may have been missed
      wasOpen = true;
    },
    isFinal: (code) => code === NOT_ALLOWED,
  });
  return () => {
    clearTimeout(timer);
    socket.close();
  };
}
