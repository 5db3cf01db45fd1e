/** Sends the form of a control when it changes: `<select data-controller="submit-on-change">`. */
export function submitOnChange(element: HTMLElement): void {
  element.addEventListener("change", () => element.closest("form")?.requestSubmit());
}
