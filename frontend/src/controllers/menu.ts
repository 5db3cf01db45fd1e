/** `<details class="menu" data-controller="menu">`: closes on Escape, on a click outside, and when the focus leaves. */
export function menu(element: HTMLElement): () => void {
  const details = element as HTMLDetailsElement;
  const outside = (event: Event): void => {
    if (event.target instanceof Node && !details.contains(event.target)) details.open = false;
  };
  const left = (event: FocusEvent): void => {
    if (event.relatedTarget instanceof Node && !details.contains(event.relatedTarget)) details.open = false;
  };
  const escape = (event: KeyboardEvent): void => {
    if (event.key !== "Escape" || !details.open) return;
    details.open = false;
    details.querySelector("summary")?.focus();
  };
  document.addEventListener("click", outside);
  details.addEventListener("focusout", left);
  details.addEventListener("keydown", escape);
  return () => document.removeEventListener("click", outside);
}
