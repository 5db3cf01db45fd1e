import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { wizard } from "./wizard";

let undo: () => void;

function one<T extends Element>(selector: string, kind: new () => T): T {
  const found = document.querySelector(selector);
  if (!(found instanceof kind)) throw new Error(`nothing matches ${selector}`);
  return found;
}

function page(wrong = ""): HTMLElement {
  document.body.innerHTML = `
    <form data-controller="wizard">
      <ol data-steps>
        <li><a href="#step-space">Space</a></li><li${wrong}><a href="#step-budget">Budget</a></li><li><a href="#step-end">End</a></li>
      </ol>
      <section data-step id="step-space" tabindex="-1"><input name="width"></section>
      <section data-step id="step-budget" tabindex="-1"><input name="trials"></section>
      <section data-step id="step-end" tabindex="-1"></section>
      <input name="name" data-not-previewed>
      <span data-step-buttons hidden><button type="button" data-go="back"></button><button type="button" data-go="next"></button></span>
    </form>
    <aside><a href="#step-budget" id="link">Budget</a><span data-busy hidden></span><div id="preview"></div></aside>`;
  return one("form", HTMLElement);
}

function shown(): string[] {
  return [...document.querySelectorAll<HTMLElement>("[data-step]")].filter((one) => !one.hidden).map((one) => one.id);
}

function input(name: string): HTMLInputElement {
  return one(`[name="${name}"]`, HTMLInputElement);
}

beforeEach(() => {
  vi.useFakeTimers();
  location.hash = "";
  HTMLElement.prototype.scrollIntoView = () => undefined;
});

afterEach(() => {
  undo();
  vi.useRealTimers();
});

test("one step is shown at a time, and the buttons go from one to the next", () => {
  undo = wizard(page());
  expect(shown()).toEqual(["step-space"]);
  const [back, next] = ["back", "next"].map((go) => document.querySelector<HTMLButtonElement>(`[data-go="${go}"]`));
  expect(back?.disabled).toBe(true);
  next?.click();
  next?.click();
  expect(shown()).toEqual(["step-end"]);
  expect(location.hash).toBe("#step-end");
  expect(next?.disabled).toBe(true);
});

test("the step in the address is shown first, but one with an error goes before it", () => {
  location.hash = "#step-end";
  undo = wizard(page());
  expect(shown()).toEqual(["step-end"]);
  undo();
  undo = wizard(page(" data-wrong"));
  expect(shown()).toEqual(["step-budget"]);
});

test("a link beside the form leads to its step", () => {
  undo = wizard(page());
  document.getElementById("link")?.click();
  expect(shown()).toEqual(["step-budget"]);
});

test("Enter in a field goes on instead of starting a search", () => {
  undo = wizard(page());
  const event = new KeyboardEvent("keydown", { key: "Enter", bubbles: true, cancelable: true });
  input("width").dispatchEvent(event);
  expect(event.defaultPrevented).toBe(true);
  expect(shown()).toEqual(["step-budget"]);
});

test("the preview hears of changes once typing has paused, and not of the name", () => {
  undo = wizard(page());
  const heard = vi.fn();
  document.getElementById("preview")?.addEventListener("wizard:changed", heard);
  input("name").dispatchEvent(new Event("input", { bubbles: true }));
  vi.advanceTimersByTime(2000);
  expect(heard).not.toHaveBeenCalled();
  for (let i = 0; i < 5; i += 1) {
    input("width").dispatchEvent(new Event("input", { bubbles: true }));
    vi.advanceTimersByTime(100);
  }
  expect(heard).not.toHaveBeenCalled();
  vi.advanceTimersByTime(2000);
  expect(heard).toHaveBeenCalledTimes(1);
});

test("the suggested name follows the preview but not what a person typed", () => {
  undo = wizard(page());
  const preview = one("#preview", HTMLElement);
  input("name").value = "Mine";
  preview.innerHTML = '<div data-suggested-name="Random search"></div>';
  preview.dispatchEvent(new CustomEvent("htmx:afterRequest"));
  expect(input("name").placeholder).toBe("Random search");
  expect(input("name").value).toBe("Mine");
});
