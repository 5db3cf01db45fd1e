import { beforeEach, describe, expect, it } from "vitest";

import { cloneMarks, isSame } from "./cloneMarks";

const CONTROLS = {
  "budget.trials": { values: ["60"], text: "60" },
  device: { values: ["any"], text: "Any" },
  "estimator.config.augment": { values: [], text: "no" },
};

function form(): HTMLFormElement {
  document.body.innerHTML = `
    <script id="clone-controls" type="application/json">${JSON.stringify(CONTROLS)}</script>
    <form>
      <div class="field"><input name="budget.trials" value="60"></div>
      <div class="field"><select name="device"><option value="any" selected></option><option value="cpu"></option></select></div>
      <div class="field"><input type="checkbox" name="estimator.config.augment" value="true"></div>
    </form>`;
  return document.forms[0] ?? document.createElement("form");
}

const control = (name: string): HTMLInputElement => document.getElementsByName(name)[0] as HTMLInputElement;
const marks = (): string[] => [...document.querySelectorAll("[data-was]")].map((mark) => mark.firstChild?.textContent?.trim() ?? "");

function change(name: string, value: string): void {
  control(name).value = value;
  control(name).dispatchEvent(new Event("input", { bubbles: true }));
}

describe("the marks of a copy", () => {
  beforeEach(() => {
    cloneMarks(form());
  });

  it("say what a changed control held", () => {
    expect(marks()).toEqual([]);
    change("budget.trials", "100");
    change("device", "cpu");
    expect(marks()).toEqual(["was 60", "was Any"]);
    expect(control("budget.trials").closest(".field")?.hasAttribute("data-changed")).toBe(true);
  });

  it("go when the old value is typed in again, or put back by the button", () => {
    change("budget.trials", "100");
    change("budget.trials", "60.0");
    expect(marks()).toEqual([]);
    change("budget.trials", "7");
    document.querySelector<HTMLButtonElement>("[data-was] button")?.click();
    expect(control("budget.trials").value).toBe("60");
    expect(marks()).toEqual([]);
  });

  it("know a box that is ticked now", () => {
    control("estimator.config.augment").checked = true;
    control("estimator.config.augment").dispatchEvent(new Event("change", { bubbles: true }));
    expect(marks()).toEqual(["was no"]);
    document.querySelector<HTMLButtonElement>("[data-was] button")?.click();
    expect(control("estimator.config.augment").checked).toBe(false);
  });
});

describe("isSame", () => {
  it("compares numbers as numbers and texts as texts", () => {
    expect(isSame(["0.10"], ["0.1"])).toBe(true);
    expect(isSame([""], ["0"])).toBe(false);
    expect(isSame(["a", "b"], ["a"])).toBe(false);
  });
});
