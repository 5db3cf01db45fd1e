import { expect, test } from "vitest";

import { Steps } from "./steps";

test("undo and redo walk along the texts and stop at the ends", () => {
  const steps = new Steps("a");
  steps.add("b");
  steps.add("c");
  expect([steps.undo(), steps.undo(), steps.undo()]).toEqual(["b", "a", "a"]);
  expect(steps.canUndo).toBe(false);
  expect([steps.redo(), steps.redo(), steps.redo()]).toEqual(["b", "c", "c"]);
  expect(steps.canRedo).toBe(false);
});

test("a new text after an undo forgets what was undone", () => {
  const steps = new Steps("a");
  steps.add("b");
  steps.undo();
  steps.add("c");
  expect(steps.canRedo).toBe(false);
  expect(steps.undo()).toBe("a");
  expect(steps.redo()).toBe("c");
});

test("the same text again is no step", () => {
  const steps = new Steps("a");
  steps.add("a");
  expect(steps.canUndo).toBe(false);
});

test("the oldest steps are forgotten, never the present one", () => {
  const steps = new Steps("0");
  for (let n = 1; n <= Steps.MOST + 50; n += 1) steps.add(String(n));
  let walked = 0;
  while (steps.canUndo) {
    steps.undo();
    walked += 1;
  }
  expect(walked).toBe(Steps.MOST - 1);
  expect(steps.redo()).toBe("52");
});
