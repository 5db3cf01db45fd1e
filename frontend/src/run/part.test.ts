import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { RunStore } from "../live/store";
import { runState } from "../live/testing";
import { runPart } from "./part";

describe("a part of the run page", () => {
  let answers = 0;
  beforeEach(() => {
    answers = 0;
    vi.useFakeTimers();
    vi.stubGlobal("fetch", () => Promise.resolve(new Response(`<p>${(answers += 1)}</p><input name="limit"><button>Apply</button>`)));
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
    document.body.replaceChildren();
  });

  it("is fetched again after an event, but not while somebody fills it in", async () => {
    document.body.innerHTML = '<div data-url="/part/" data-on="views_changed"></div>';
    const part = document.body.firstElementChild as HTMLElement;
    const store = new RunStore("", "");
    store.state = runState({ numTrials: 0 });
    const tell = (): void => {
      const seq = (store.state?.seq ?? 0) + 1;
      const events = [{ type: "views_changed", replica: 0, names: [] }];
      store.receive(JSON.stringify({ type: "frame", at: "", from_seq: seq, to_seq: seq, events }));
      store.flush();
    };
    const shown = (): string => part.querySelector("p")?.textContent ?? "";
    const pass = (): Promise<unknown> => vi.advanceTimersByTimeAsync(3000);

    const told: string[] = [];
    document.body.addEventListener("part:loaded", () => told.push(shown()));
    runPart(part, store);
    await pass();
    expect(shown()).toBe("1");
    expect(told).toEqual(["1"]);
    tell();
    await pass();
    expect(shown()).toBe("2");
    part.querySelector("input")?.focus();
    tell();
    await pass();
    expect(shown()).toBe("2");
    part.querySelector("button")?.focus();
    await pass();
    expect(shown()).toBe("3");
  });
});
