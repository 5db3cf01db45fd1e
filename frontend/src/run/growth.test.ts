import { describe, expect, it, vi } from "vitest";

import { growth, type Growth } from "./growth";

const GROWTH: Growth = {
  steps: [10, 20],
  stepTitle: "Step",
  drawing: ["aa", ""],
  facts: [["Fitness", [0.25, 0.5]], ["Operator", ["insert", null]]],
  lines: [[["def Predict():", "head"], ["  s1 = dot(v0, v1)", ""]], [["  s2 = <b>", "changed"]]],
};

function page(): HTMLElement {
  document.body.innerHTML = `<div data-name="g"><script type="application/json">${JSON.stringify(GROWTH).replaceAll("<", "\\u003c")}</script>
    <div data-time hidden><output data-time-at></output><input type="range" min="0" max="1" value="1" data-time-slider></div>
    <dd data-growth-fact></dd><dd data-growth-fact></dd><ol data-growth-lines></ol>
    <figure data-time-drawn hidden data-url="/derived/NAME.svg"><div data-time-drawing></div></figure></div>`;
  return document.body.firstElementChild as HTMLElement;
}

describe("what grows through time", () => {
  it("shows the last step first, then the one that the reader chooses, with lines as text", async () => {
    vi.stubGlobal("fetch", (address: string) => Promise.resolve(new Response(`<svg id="${address}"></svg>`)));
    const element = page();
    growth(element);
    const facts = (): (string | null)[] => [...element.querySelectorAll("[data-growth-fact]")].map((fact) => fact.textContent);
    const lines = (): string[] => [...element.querySelectorAll("li")].map((line) => `${line.dataset.mark ?? ""}|${line.textContent}`);
    expect(facts()).toEqual(["0.5", "–"]);
    expect(lines()).toEqual(["changed|  s2 = <b>"]);
    expect(element.querySelector<HTMLElement>("[data-time-drawn]")?.hidden).toBe(true);
    const slider = element.querySelector<HTMLInputElement>("[data-time-slider]");
    if (slider === null) throw new Error("no slider");
    slider.value = "0";
    slider.dispatchEvent(new Event("input"));
    expect(facts()).toEqual(["0.25", "insert"]);
    expect(lines()).toEqual(["head|def Predict():", "|  s1 = dot(v0, v1)"]);
    expect(slider.getAttribute("aria-valuetext")).toBe("Step 10");
    await vi.waitFor(() => expect(element.querySelector("svg")?.id).toBe("/derived/aa.svg"));
    expect(element.querySelector<HTMLElement>("[data-time-drawn]")?.hidden).toBe(false);
    vi.unstubAllGlobals();
  });
});
