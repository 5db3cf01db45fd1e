import { describe, expect, it } from "vitest";

import { studyPictures } from "./studyPictures";

function asked(element: HTMLElement): boolean {
  return element.dispatchEvent(new CustomEvent("htmx:beforeRequest", { bubbles: true, cancelable: true }));
}

describe("the pictures of a study", () => {
  it("are renewed unless somebody reads a table or moves a slider", () => {
    document.body.innerHTML = `<section><details><summary>Table</summary></details><input type="range"></section>`;
    const section = document.body.firstElementChild as HTMLElement;
    const undo = studyPictures(section);
    const details = section.querySelector("details");
    if (details === null) throw new Error("no details");
    expect(asked(section)).toBe(true);
    details.open = true;
    expect(asked(section)).toBe(false);
    details.open = false;
    section.querySelector("input")?.focus();
    expect(asked(section)).toBe(false);
    section.querySelector("input")?.blur();
    expect(asked(section)).toBe(true);
    details.open = true;
    undo();
    expect(asked(section)).toBe(true);
  });
});
