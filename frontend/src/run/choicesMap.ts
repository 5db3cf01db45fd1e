/** The heat map of a supernet's choices: a slider over the epochs fills the cells that the server wrote. */
import { gettext } from "../i18n/text";
import { timeSlider } from "./timeSlider";

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

export function choicesMap(element: HTMLElement): (() => void) | undefined {
  const script = element.querySelector('script[type="application/json"]');
  if (script?.textContent == null) return undefined;
  const choices = JSON.parse(script.textContent) as Choices;
  const cells = [...element.querySelectorAll<HTMLElement>("[data-cell]")];

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
  };
  const inWords = (epoch: number): string => gettext("epoch %(epoch)s", { epoch });
  return timeSlider(element, { steps: choices.epoch, drawing: choices.drawing, show, inWords });
}
