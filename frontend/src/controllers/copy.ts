/** Copies a text: `data-controller="copy"` around `[data-copy-text]` and a `[data-copy]` button, hidden without scripts. */
import { gettext } from "../i18n/text";
import { toast } from "./toast";

export function copy(element: HTMLElement): void {
  const button = element.querySelector<HTMLElement>("[data-copy]");
  const text = element.querySelector<HTMLElement>("[data-copy-text]");
  if (button === null || text === null || !("clipboard" in navigator)) return; // no clipboard over plain HTTP
  button.hidden = false;
  button.addEventListener("click", () => {
    const copied = text instanceof HTMLTextAreaElement ? text.value : text.textContent;
    void navigator.clipboard.writeText(copied).then(
      () => toast(gettext("Copied."), "good"),
      () => toast(gettext("The browser did not allow copying. Select the text instead."), "warn"),
    );
  });
}
