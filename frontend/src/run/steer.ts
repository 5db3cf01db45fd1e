/**
 * A form of the Steer panel: says in words what will happen before it is sent, and how many trials so far keep the limits that
 * are being typed. `<form data-controller="steer verb" data-what="operations">`; `verb` asks `data-confirm` and sends.
 */
import { formatCount } from "../i18n/numbers";
import { gettext, ngettext } from "../i18n/text";

const PAUSE_MS = 300;

export function steer(element: HTMLElement): (() => void) | undefined {
  const form = element as HTMLFormElement;
  const ask = (): void => {
    form.dataset.confirm = question(form);
  };
  form.addEventListener("input", ask);
  ask();
  return form.dataset.keptUrl === undefined ? undefined : countKept(form, form.dataset.keptUrl, ask);
}

/** What will happen, in words. */
export function question(form: HTMLFormElement): string {
  const values = new FormData(form);
  const text = (name: string): string => {
    const value = values.get(name);
    return typeof value === "string" ? value.trim() : "";
  };
  switch (form.dataset.what) {
    case "operations":
      return operations(form);
    case "constraints":
      return constraints(form);
    case "parallelism":
      return gettext("From now on %(count)s trials wait or run at once. What is under way is finished first.", {
        count: text("parallelism"),
      });
    default:
      return budget(text("trials"), text("wall_minutes"));
  }
}

function operations(form: HTMLFormElement): string {
  const boxes = [...form.querySelectorAll<HTMLInputElement>("input[name=allowed]")];
  const off = boxes.filter((box) => !box.checked).map((box) => box.value);
  if (off.length === 0) return gettext("All operations may be used again. Trials so far stay as they are.");
  return gettext(
    "No new trial uses %(names)s. Architectures that do breed no more; random ones take their places. Trials so far stay as they are.",
    { names: off.join(", ") },
  );
}

function constraints(form: HTMLFormElement): string {
  const limits = [...form.querySelectorAll<HTMLFieldSetElement>("fieldset")].flatMap((row) => {
    const [metric, operator] = row.querySelectorAll("select");
    const limit = row.querySelector("input")?.value.trim() ?? "";
    if (metric === undefined || operator === undefined || metric.value === "") return [];
    return [`${metric.selectedOptions[0]?.text ?? metric.value} ${operator.selectedOptions[0]?.text ?? ""} ${limit}`];
  });
  if (limits.length === 0) return gettext("No constraint holds any more. Trials so far stay as they are.");
  return gettext(
    "Every new trial keeps %(limits)s. Trials so far stay as they are; those that do not keep it breed no more, and what waits and breaks it is not trained.",
    { limits: limits.join(gettext(" and ")) },
  );
}

function budget(trials: string, minutes: string): string {
  const parts = [];
  if (trials !== "") parts.push(ngettext("%(count)s trial", "%(count)s trials", Number(trials), { count: formatCount(Number(trials)) }));
  if (minutes !== "") parts.push(ngettext("%(count)s minute", "%(count)s minutes", Number(minutes), { count: formatCount(Number(minutes)) }));
  if (parts.length === 0) return gettext("Without a limit the run would never end; give a number of trials or of minutes.");
  return gettext("The run ends after %(limits)s. If it has ended already and there is room, it goes on.", {
    limits: parts.join(gettext(" or ")),
  });
}

function countKept(form: HTMLFormElement, url: string, ask: () => void): () => void {
  const place = form.querySelector<HTMLElement>("[data-kept]");
  const empty = form.querySelector<HTMLElement>("[data-steer-empty]");
  let timer: ReturnType<typeof setTimeout> | undefined;
  let latest = 0;

  const count = async (): Promise<void> => {
    const turn = ++latest;
    const query = new URLSearchParams();
    for (const [name, value] of new FormData(form)) if (typeof value === "string" && name !== "csrfmiddlewaretoken") query.append(name, value);
    const response = await fetch(`${url}?${query.toString()}`).catch(() => null);
    if (response?.ok !== true || turn !== latest || place === null) return;
    place.textContent = ((await response.json()) as { message: string }).message;
  };
  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => void count(), PAUSE_MS);
  });
  form.querySelector("[data-steer-more]")?.addEventListener("click", () => {
    if (empty === null) return;
    const row = empty.cloneNode(true) as HTMLElement;
    for (const field of row.querySelectorAll<HTMLInputElement | HTMLSelectElement>("input, select")) field.value = field instanceof HTMLSelectElement ? (field.options[0]?.value ?? "") : "";
    form.insertBefore(row, place);
    row.querySelector("select")?.focus();
    ask();
  });
  void count();
  return () => clearTimeout(timer);
}
