import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { cellAt, choicesMap, type Choices } from "./choicesMap";
import { placeOf } from "./timeSlider";

const CHOICES: Choices = {
  epoch: [1, 2, 5],
  probabilities: [
    [[0.5, 0.5], [0.6, 0.4]],
    [[0.3, 0.7], [0.9, 0.1]],
    [[0.01, 0.99], [0.2, 0.8]],
  ],
  chosen: [null, [1, 1], [1, 1]],
  pruned: [[], [], [[0, 0]]],
  drawing: ["", "aa", "bb"],
};

function page(name: string): HTMLElement {
  document.body.innerHTML = `<div data-name="${name}"><script type="application/json">${JSON.stringify(CHOICES)}</script>
    <div data-time hidden><output data-time-at>5</output><input type="range" min="0" max="2" value="2" data-time-slider><button data-time-play>Play</button></div>
    <table><tr><td data-cell="0.0"><span data-share></span></td><td data-cell="0.1"><span data-share></span></td></tr>
    <tr><td data-cell="1.0"><span data-share></span></td><td data-cell="1.1"><span data-share></span></td></tr></table>
    <figure data-time-drawn data-url="/derived/NAME.svg"><div data-time-drawing></div></figure></div>`;
  return document.body.firstElementChild as HTMLElement;
}

function slide(element: HTMLElement, at: number): void {
  const slider = element.querySelector<HTMLInputElement>("[data-time-slider]");
  if (slider === null) throw new Error("no slider");
  slider.value = String(at);
  slider.dispatchEvent(new Event("input"));
}

const texts = (element: HTMLElement): (string | null)[] => [...element.querySelectorAll("[data-share]")].map((cell) => cell.textContent);

describe("a cell", () => {
  it("says its percent, whether it leads, was derived, was given up, and how its number is read", () => {
    expect(cellAt(CHOICES, 2, 0, 0)).toEqual({ percent: "1", share: 0.01, isBest: false, isChosen: false, isPruned: true, ink: "low" });
    expect(cellAt(CHOICES, 2, 0, 1)).toEqual({ percent: "99", share: 0.99, isBest: true, isChosen: true, isPruned: false, ink: "high" });
    expect(cellAt(CHOICES, 0, 1, 0)).toMatchObject({ isBest: true, isChosen: false, ink: "mid" });
  });

  it("leads alone among equals: the first of them", () => {
    expect(cellAt(CHOICES, 0, 0, 0).isBest).toBe(true);
    expect(cellAt(CHOICES, 0, 0, 1).isBest).toBe(false);
  });
});

describe("where a reader stands", () => {
  it("is the newest epoch for who follows, and the epoch chosen, or the last one before it, for others", () => {
    expect(placeOf(CHOICES.epoch, undefined)).toBe(2);
    expect([1, 2, 3, 4, 5, 9].map((epoch) => placeOf(CHOICES.epoch, epoch))).toEqual([0, 1, 1, 1, 2, 2]);
  });
});

describe("the slider", () => {
  const fetched: string[] = [];
  beforeEach(() => {
    fetched.length = 0;
    vi.stubGlobal("fetch", (address: string) => {
      fetched.push(address);
      return Promise.resolve(new Response(`<svg id="${address}"></svg>`));
    });
  });
  afterEach(() => {
    vi.unstubAllGlobals();
    vi.useRealTimers();
  });

  it("fills the cells of that epoch and shows the architecture derived then, each fetched once", async () => {
    const element = page("slides");
    choicesMap(element);
    expect(texts(element)).toEqual(["1", "99", "20", "80"]);
    slide(element, 1);
    expect(texts(element)).toEqual(["30", "70", "90", "10"]);
    expect(element.querySelector("[data-time-at]")?.textContent).toBe("2");
    const chosen = [...element.querySelectorAll<HTMLElement>("[data-chosen]")].map((cell) => cell.dataset.cell);
    expect(chosen).toEqual(["0.1", "1.1"]);
    await vi.waitFor(() => expect(element.querySelector("svg")?.id).toBe("/derived/aa.svg"));
    slide(element, 2);
    slide(element, 1);
    await vi.waitFor(() => expect(element.querySelector("svg")?.id).toBe("/derived/aa.svg"));
    expect(fetched.filter((address) => address.includes("aa"))).toHaveLength(1);
    slide(element, 0);
    expect(element.querySelector<HTMLElement>("[data-time-drawn]")?.hidden).toBe(true);
  });

  it("stays where the reader put it when the part is renewed, and follows again from the last epoch", () => {
    const first = page("renewed");
    choicesMap(first);
    slide(first, 0);
    const second = page("renewed");
    choicesMap(second);
    expect(texts(second)).toEqual(["50", "50", "60", "40"]);
    slide(second, 2);
    const third = page("renewed");
    choicesMap(third);
    expect(texts(third)).toEqual(["1", "99", "20", "80"]);
  });

  it("plays from the first epoch to the last and stops", () => {
    vi.useFakeTimers();
    const element = page("plays");
    choicesMap(element);
    const play = element.querySelector<HTMLElement>("[data-time-play]");
    play?.click();
    vi.advanceTimersByTime(500);
    expect(element.querySelector("[data-time-at]")?.textContent).toBe("1");
    vi.advanceTimersByTime(1000);
    expect(element.querySelector("[data-time-at]")?.textContent).toBe("5");
    expect(play?.getAttribute("aria-pressed")).toBe("false");
    vi.advanceTimersByTime(2000);
    expect(texts(element)).toEqual(["1", "99", "20", "80"]);
  });
});
