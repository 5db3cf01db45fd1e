/**
 * Choosing runs to compare: boxes `form="compare-runs" name="run"` in the rows of the list, and this form, whose button
 * appears once two are chosen. What was chosen stays when the list is filtered, turned over or renewed.
 */
import { formatCount } from "../i18n/numbers";
import { gettext, ngettext } from "../i18n/text";

export function compareChoice(element: HTMLElement): () => void {
  const form = element as HTMLFormElement;
  const most = Number(form.dataset.most);
  const count = form.querySelector<HTMLElement>("[data-compare-count]");
  const button = form.querySelector<HTMLElement>("[data-compare-button]");
  const clear = form.querySelector<HTMLElement>("[data-compare-clear]");
  const chosen = new Set<string>();
  const boxes = (): HTMLInputElement[] => [...document.querySelectorAll<HTMLInputElement>(`input[form="${form.id}"][name=run]`)];

  const show = (): void => {
    const isFull = chosen.size >= most;
    for (const box of boxes()) {
      box.checked = chosen.has(box.value);
      box.disabled = isFull && !box.checked;
    }
    if (count !== null) {
      const number = formatCount(chosen.size);
      const text =
        chosen.size === 1
          ? gettext("One run is chosen; choose at least one more to compare.")
          : ngettext("%(count)s run is chosen.", "%(count)s runs are chosen.", chosen.size, { count: number });
      count.textContent = isFull ? `${text} ${gettext("More do not fit side by side.")}` : text;
      count.hidden = chosen.size === 0;
    }
    if (button !== null) button.hidden = chosen.size < 2;
    if (clear !== null) clear.hidden = chosen.size === 0;
  };
  const changed = ({ target }: Event): void => {
    if (!(target instanceof HTMLInputElement) || target.form !== form) return;
    if (target.checked) chosen.add(target.value);
    else chosen.delete(target.value);
    show();
  };
  // Runs that are chosen but no longer on the page go into the address as well, in the order of choosing.
  const sent = (event: SubmitEvent): void => {
    event.preventDefault();
    const address = new URL(form.action);
    for (const run of chosen) address.searchParams.append("run", run);
    location.assign(address);
  };
  const cleared = (): void => {
    chosen.clear();
    show();
  };

  document.addEventListener("change", changed);
  document.addEventListener("htmx:afterSettle", show);
  form.addEventListener("submit", sent);
  clear?.addEventListener("click", cleared);
  for (const box of boxes()) if (box.checked) chosen.add(box.value); // as the browser kept them on the way back
  show();
  return () => {
    document.removeEventListener("change", changed);
    document.removeEventListener("htmx:afterSettle", show);
  };
}
