/**
 * The heat map of a supernet's choices: a slider over the epochs fills the cells that the server wrote, and fetches the drawing
 * of the architecture that was derived then. A reader who looks at an earlier epoch stays there when the part is renewed.
 */
import { gettext } from "../i18n/text";

export interface Choices {
  epoch: number[];
  /** Epoch, row, option. */
  probabilities: number[][][];
  /** Per epoch the option of each row in the derived architecture. */
  chosen: (number[] | null)[];
  /** Per epoch pairs of row and option that were given up. */
  pruned: [row: number, option: number][][];
  /** Per epoch the name of the derived architecture's drawing, "" for none. */
  drawing: string[];
}

/** What a cell says of itself. */
export interface CellLook {
  percent: string;
  share: number;
  isBest: boolean;
  isChosen: boolean;
  isPruned: boolean;
  /** Which colour of number can be read on it. */
  ink: "low" | "mid" | "high";
}

/** Shares from which the number takes another colour (tokens.css); the same as in apps/charts/choices_map.py. */
const [MID, HIGH] = [0.57, 0.71];
const PLAY_MS = 500;

export function cellAt(choices: Choices, at: number, row: number, option: number): CellLook {
  const shares = choices.probabilities[at]?.[row] ?? [];
  const share = shares[option] ?? 0;
  return {
    percent: (100 * share).toFixed(0),
    share,
    isBest: shares.findIndex((each) => shares.every((other) => other <= each)) === option,
    isChosen: choices.chosen[at]?.[row] === option,
    isPruned: choices.pruned[at]?.some(([ofRow, gone]) => ofRow === row && gone === option) ?? false,
    ink: share > HIGH ? "high" : share > MID ? "mid" : "low",
  };
}

/** Where a reader stands: epochs by the name of the map; who looks at the last one follows it. */
const looking = new Map<string, number>();

/** The place of that epoch, or the last before it when it is shown no more; the newest for a reader who follows. */
export function placeOf(choices: Choices, epoch: number | undefined): number {
  const last = choices.epoch.length - 1;
  if (epoch === undefined) return last;
  const later = choices.epoch.findIndex((each) => each > epoch);
  return later < 0 ? last : Math.max(0, later - 1);
}

export function choicesMap(element: HTMLElement): (() => void) | undefined {
  const script = element.querySelector('script[type="application/json"]');
  const slider = element.querySelector<HTMLInputElement>("[data-choices-slider]");
  const time = element.querySelector<HTMLElement>("[data-choices-time]");
  if (script?.textContent == null) return undefined;
  const choices = JSON.parse(script.textContent) as Choices;
  const name = element.dataset.name ?? "";
  const cells = [...element.querySelectorAll<HTMLElement>("[data-cell]")];
  const derived = element.querySelector<HTMLElement>("[data-choices-derived]");
  const place = element.querySelector<HTMLElement>("[data-choices-drawing]");
  const output = element.querySelector("[data-choices-epoch]");
  const play = element.querySelector<HTMLElement>("[data-choices-play]");
  const drawings = new Map<string, string>();
  let timer: ReturnType<typeof setInterval> | undefined;
  let wanted = "";

  const draw = async (drawing: string): Promise<void> => {
    if (derived === null || place === null || drawing === wanted) return;
    wanted = drawing;
    derived.hidden = drawing === "";
    if (drawing === "") return;
    const known = drawings.get(drawing);
    if (known === undefined) {
      const address = derived.dataset.url ?? "";
      const answer = await fetch(address.replace("NAME", drawing)).catch(() => null);
      if (answer?.ok !== true) return;
      drawings.set(drawing, await answer.text());
    }
    if (wanted === drawing) place.innerHTML = drawings.get(drawing) ?? ""; // our own server's drawing, in the page's colours
  };

  const show = (at: number): void => {
    for (const cell of cells) {
      const [row = 0, option = 0] = (cell.dataset.cell ?? "").split(".").map(Number);
      const look = cellAt(choices, at, row, option);
      cell.style.setProperty("--share", String(look.share));
      cell.toggleAttribute("data-best", look.isBest);
      cell.toggleAttribute("data-chosen", look.isChosen);
      cell.toggleAttribute("data-pruned", look.isPruned);
      cell.dataset.ink = look.ink;
      const number = cell.querySelector("[data-share]");
      if (number !== null) number.textContent = look.percent;
    }
    const epoch = choices.epoch[at] ?? 0;
    if (output !== null) output.textContent = String(epoch);
    if (slider !== null) {
      slider.value = String(at);
      slider.setAttribute("aria-valuetext", gettext("epoch %(epoch)s", { epoch }));
    }
    void draw(choices.drawing[at] ?? "");
  };

  const choose = (at: number): void => {
    const last = choices.epoch.length - 1;
    if (at >= last) looking.delete(name);
    else looking.set(name, choices.epoch[at] ?? 0);
    show(Math.min(at, last));
  };

  const stop = (): void => {
    clearInterval(timer);
    timer = undefined;
    play?.setAttribute("aria-pressed", "false");
    if (play !== null) play.textContent = gettext("Play");
  };
  const start = (): void => {
    let at = Number(slider?.value ?? 0);
    if (at >= choices.epoch.length - 1) at = -1;
    play?.setAttribute("aria-pressed", "true");
    if (play !== null) play.textContent = gettext("Stop");
    timer = setInterval(() => {
      at += 1;
      choose(at);
      if (at >= choices.epoch.length - 1) stop();
    }, PLAY_MS);
  };

  if (time !== null) time.hidden = false;
  slider?.addEventListener("input", () => {
    stop();
    choose(Number(slider.value));
  });
  play?.addEventListener("click", () => {
    if (timer === undefined) start();
    else stop();
  });
  show(placeOf(choices, looking.get(name)));
  return stop;
}
