import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { upload } from "./upload";

class Sent {
  static last: Sent;
  upload = new EventTarget();
  status = 0;
  responseText = "";
  body: FormData | null = null;
  private readonly listeners = new EventTarget();
  constructor() {
    Sent.last = this;
  }
  open(): void {
    this.status = 0;
  }
  setRequestHeader(): void {
    this.responseText = "";
  }
  addEventListener(name: string, listener: () => void): void {
    this.listeners.addEventListener(name, listener);
  }
  send(body: FormData): void {
    this.body = body;
  }
  abort(): void {
    this.status = -1;
  }
  answer(status: number, text: string): void {
    this.status = status;
    this.responseText = text;
    this.listeners.dispatchEvent(new Event("load"));
  }
  fail(): void {
    this.listeners.dispatchEvent(new Event("error"));
  }
}

function one<T extends Element>(selector: string, kind: new () => T): T {
  const found = document.querySelector(selector);
  if (!(found instanceof kind)) throw new Error(`nothing matches ${selector}`);
  return found;
}

function page(limit = 100): HTMLFormElement {
  document.body.innerHTML = `
    <form action="/datasets/new/">
      <div data-limit-bytes="${limit}"><label class="drop__area"><input type="file" name="files" multiple></label>
        <ul data-files></ul><div data-errors-of="__all__"></div><div data-progress hidden><div></div></div><p data-progress-text></p></div>
      <input name="name"><div data-errors-of="name"></div>
      <button type="submit">Upload</button>
    </form>`;
  const form = one("form", HTMLFormElement);
  upload(form);
  return form;
}

function choose(...sizes: number[]): void {
  const input = one("input[type=file]", HTMLInputElement);
  const files = sizes.map((size, index) => new File(["x".repeat(size)], `part${index}.npz`));
  Object.defineProperty(input, "files", { value: files, configurable: true });
  input.dispatchEvent(new Event("change"));
}

function submit(form: HTMLFormElement): void {
  form.dispatchEvent(new Event("submit", { cancelable: true }));
}

const errors = (field: string): string[] =>
  [...document.querySelectorAll(`[data-errors-of="${field}"] p`)].map((line) => line.textContent);
const disabled = (): boolean => one("button", HTMLButtonElement).disabled;

beforeEach(() => {
  vi.stubGlobal("XMLHttpRequest", Sent);
  HTMLElement.prototype.scrollIntoView = () => undefined;
});

afterEach(() => void vi.unstubAllGlobals());

test("files are listed and the first one names the data set", () => {
  const form = page();
  choose(5, 6);
  expect([...form.querySelectorAll("[data-files] li")].map((line) => line.textContent)).toEqual(["part0.npz5B", "part1.npz6B"]);
  expect(form.querySelector<HTMLInputElement>("[name=name]")?.value).toBe("part0");
});

test("files that are too large together are refused before anything is sent", () => {
  const form = page(10);
  choose(6, 6);
  expect(errors("__all__")).toHaveLength(1);
  const before = new Sent();
  submit(form);
  expect(Sent.last).toBe(before);
});

test("progress is shown while the files are sent", () => {
  const form = page();
  choose(5);
  submit(form);
  expect(disabled()).toBe(true);
  Sent.last.upload.dispatchEvent(Object.assign(new Event("progress"), { lengthComputable: true, loaded: 30, total: 40 }));
  expect(form.querySelector("[data-progress]")?.getAttribute("aria-valuenow")).toBe("75");
});

test("errors of the server stand at their fields and the form can be sent again", () => {
  const form = page();
  choose(5);
  submit(form);
  Sent.last.answer(422, JSON.stringify({ errors: { name: ["Too long."], other: ["Hm."] } }));
  expect(errors("name")).toEqual(["Too long."]);
  expect(errors("__all__")).toEqual(["Hm."]);
  expect(disabled()).toBe(false);
});

test("an answer from before the application and a lost connection are said in words", () => {
  const form = page();
  choose(5);
  submit(form);
  Sent.last.answer(413, "The upload is too large.");
  expect(errors("__all__")).toEqual(["The upload is too large."]);
  submit(form);
  Sent.last.fail();
  expect(errors("__all__")[0]).toContain("connection");
});
