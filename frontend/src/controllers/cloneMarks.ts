/**
 * Marks what a form that began with an earlier run changes: `<script id="clone-controls" type="application/json">` says what
 * each control held there. Beside a control that holds something else stands "was 60", with a button that puts it back.
 */
import { gettext } from "../i18n/text";

interface Held {
  values: string[];
  text: string;
}

type Control = HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement;

const isControl = (element: Element): element is Control =>
  element instanceof HTMLInputElement || element instanceof HTMLSelectElement || element instanceof HTMLTextAreaElement;

const canBeTicked = (control: Control): control is HTMLInputElement =>
  control instanceof HTMLInputElement && (control.type === "checkbox" || control.type === "radio");

/** What controls of one name hold now, in their order. */
export function heldBy(controls: readonly Control[]): string[] {
  return controls.filter((control) => !canBeTicked(control) || control.checked).map((control) => control.value.trim());
}

/** Whether two texts say the same, as numbers where both are some: 0.10 is 0.1. */
export function isSame(now: readonly string[], before: readonly string[]): boolean {
  if (now.length !== before.length) return false;
  return now.every((value, at) => {
    const old = before[at] ?? "";
    return value === old || (value !== "" && old !== "" && Number(value) === Number(old));
  });
}

function put(controls: readonly Control[], values: readonly string[]): void {
  for (const control of controls) {
    if (canBeTicked(control)) control.checked = values.includes(control.value);
    else control.value = values[0] ?? "";
  }
  // A choice that goes back brings its settings with it, as if somebody had chosen it.
  const told = controls.find((control) => !canBeTicked(control) || control.checked) ?? controls[0];
  told?.dispatchEvent(new Event("change", { bubbles: true }));
}

export function cloneMarks(element: HTMLElement): () => void {
  const form = element as HTMLFormElement;
  const script = document.getElementById("clone-controls");
  if (script === null) return () => undefined;
  const before = JSON.parse(script.textContent) as Record<string, Held>;

  const controlsOf = (name: string): Control[] =>
    [...form.elements].filter((control): control is Control => isControl(control) && control.name === name && control.type !== "hidden");

  const mark = (name: string, held: Held): void => {
    const controls = controlsOf(name);
    const last = controls.at(-1);
    const place = last?.closest<HTMLElement>(".choices, fieldset.field, .field");
    if (place === null || place === undefined) return;
    const old = place.querySelector<HTMLElement>(":scope > [data-was]");
    const isChanged = !isSame(heldBy(controls), held.values);
    place.toggleAttribute("data-changed", isChanged);
    if (!isChanged) old?.remove();
    if (!isChanged || old !== null) return;
    const line = document.createElement("p");
    line.className = "field__was";
    line.dataset.was = "";
    const back = document.createElement("button");
    back.type = "button";
    back.className = "button button--quiet button--small";
    back.textContent = gettext("Back to it");
    back.addEventListener("click", () => {
      put(controlsOf(name), held.values);
      controls[0]?.focus();
      show();
    });
    line.append(`${gettext("was %(value)s", { value: held.text })} `, back);
    place.append(line);
  };
  const show = (): void => {
    for (const [name, held] of Object.entries(before)) mark(name, held);
  };

  const told = ["input", "change", "htmx:afterSettle"];
  for (const name of told) form.addEventListener(name, show);
  show();
  return () => {
    for (const name of told) form.removeEventListener(name, show);
  };
}
