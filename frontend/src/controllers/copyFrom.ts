/** Copies what a link leads to: `<a data-controller="copy-from" href="…">`. Without a clipboard the link opens it. */
import { gettext } from "../i18n/text";
import { toast } from "./toast";

export function copyFrom(element: HTMLElement): void {
  const link = element as HTMLAnchorElement;
  if (!("clipboard" in navigator)) return; // none over plain HTTP
  const fetched = async (): Promise<Blob> => {
    const response = await fetch(link.href);
    if (!response.ok) throw new Error(response.statusText);
    return new Blob([await response.text()], { type: "text/plain" });
  };
  link.addEventListener("click", (event) => {
    event.preventDefault();
    // Written at once, its content later: Safari forgets that a person asked.
    void navigator.clipboard.write([new ClipboardItem({ "text/plain": fetched() })]).then(
      () => toast(gettext("Copied."), "good"),
      () => window.location.assign(link.href),
    );
  });
}
