/** What a search had found after each of its legs: a slider chooses one, its numbers and the lines of its program are filled in. */
import { formatNumber } from "../i18n/numbers";
import { gettext } from "../i18n/text";
import { timeSlider } from "./timeSlider";

export interface Growth {
  steps: number[];
  stepTitle: string;
  drawing: string[];
  /** Label, and a value per step. */
  facts: [label: string, values: (number | string | null)[]][];
  /** Per step the lines of a text, each with its mark: "new", "changed", "dead", "head" or "". */
  lines: [text: string, mark: string][][];
}

function factText(value: number | string | null | undefined): string {
  if (value === null || value === undefined) return "–";
  return typeof value === "number" ? formatNumber(value) : value;
}

export function growth(element: HTMLElement): (() => void) | undefined {
  const script = element.querySelector('script[type="application/json"]');
  if (script?.textContent == null) return undefined;
  const data = JSON.parse(script.textContent) as Growth;
  const facts = [...element.querySelectorAll<HTMLElement>("[data-growth-fact]")];
  const lines = element.querySelector<HTMLElement>("[data-growth-lines]");

  const show = (at: number): void => {
    facts.forEach((fact, number) => {
      fact.textContent = factText(data.facts[number]?.[1][at]);
    });
    lines?.replaceChildren(
      ...(data.lines[at] ?? []).map(([text, mark]) => {
        const item = document.createElement("li");
        item.textContent = text === "" ? " " : text;
        if (mark !== "") item.dataset.mark = mark;
        return item;
      }),
    );
  };
  const inWords = (step: number): string => gettext("%(what)s %(number)s", { what: data.stepTitle, number: step });
  return timeSlider(element, { steps: data.steps, drawing: data.drawing, show, inWords });
}
