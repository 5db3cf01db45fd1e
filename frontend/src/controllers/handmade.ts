/**
 * The editor of an architecture: `<form data-controller="handmade">` around `textarea[name=genotype]`, submit buttons
 * `name=action` with the values "mutate" and "random", `[data-undo]`, `[data-redo]`, and fields `[data-relook]` after which to
 * look again. htmx looks at what is in the text area when it hears "input" or "handmade:changed"; this keeps the steps.
 */
import { gettext } from "../i18n/text";
import { Steps } from "./steps";
import { toast } from "./toast";

const STILL_MS = 700;

interface Changed {
  genotype?: string;
  message?: string;
}

export function handmade(element: HTMLElement): (() => void) | undefined {
  const form = element as HTMLFormElement;
  const editor = form.querySelector<HTMLTextAreaElement>("textarea[name=genotype]");
  const undo = form.querySelector<HTMLButtonElement>("[data-undo]");
  const redo = form.querySelector<HTMLButtonElement>("[data-redo]");
  if (editor === null || undo === null || redo === null) return undefined;

  const steps = new Steps(editor.value);
  let timer: number | undefined;

  const buttons = (): void => {
    undo.disabled = !steps.canUndo;
    redo.disabled = !steps.canRedo;
  };
  const look = (): void => void editor.dispatchEvent(new CustomEvent("handmade:changed"));
  const put = (text: string): void => {
    editor.value = text;
    buttons();
    look();
  };
  /** What was typed since the last step becomes a step. */
  const settle = (): void => {
    window.clearTimeout(timer);
    steps.add(editor.value);
    buttons();
  };
  const change = async (button: HTMLButtonElement): Promise<void> => {
    settle();
    button.disabled = true;
    try {
      const body = new FormData(form);
      body.set("action", button.value);
      const address = form.getAttribute("action") ?? ""; // form.action is a button of that name
      const response = await fetch(address, { method: "POST", body, headers: { Accept: "application/json" } });
      const isJson = response.headers.get("Content-Type")?.startsWith("application/json") ?? false;
      const answer = isJson ? ((await response.json()) as Changed) : {};
      if (response.ok && answer.genotype !== undefined) {
        steps.add(answer.genotype);
        put(answer.genotype);
      } else {
        toast(answer.message ?? gettext("That did not work. Reload the page and try again."), "warn");
      }
    } catch {
      toast(gettext("The server cannot be reached. Nothing was changed."), "bad");
    } finally {
      button.disabled = false;
    }
  };

  const typed = (): void => {
    window.clearTimeout(timer);
    timer = window.setTimeout(settle, STILL_MS);
  };
  const submitted = (event: SubmitEvent): void => {
    event.preventDefault();
    const button = event.submitter instanceof HTMLButtonElement ? event.submitter : null;
    if (button !== null && button.value !== "look") void change(button);
    else look();
  };
  editor.addEventListener("input", typed);
  form.addEventListener("submit", submitted);
  undo.addEventListener("click", () => {
    settle();
    put(steps.undo());
  });
  redo.addEventListener("click", () => put(steps.redo()));
  for (const field of form.querySelectorAll("[data-relook]")) field.addEventListener("change", look);
  form.addEventListener("click", (event) => {
    const preset = event.target instanceof Element ? event.target.closest<HTMLElement>("[data-preset]") : null;
    if (preset?.dataset.preset === undefined) return;
    event.preventDefault();
    preset.closest("details")?.removeAttribute("open");
    settle();
    steps.add(preset.dataset.preset);
    put(preset.dataset.preset);
  });

  undo.hidden = false;
  redo.hidden = false;
  const travelled = new URLSearchParams(location.hash.slice(1)).get("genotype"); // too long for an address that servers see
  if (travelled !== null) {
    steps.add(travelled);
    if (document.readyState === "complete") put(travelled);
    else window.addEventListener("load", () => put(travelled), { once: true }); // htmx does not listen earlier
  }
  return () => {
    window.clearTimeout(timer);
  };
}
