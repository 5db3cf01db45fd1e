/** The button that unfolds the navigation on narrow screens: `<button aria-controls="id" data-controller="navigation">`. */
export function navigation(button: HTMLElement): void {
  const target = document.getElementById(button.getAttribute("aria-controls") ?? "");
  button.addEventListener("click", () => {
    const open = target?.toggleAttribute("data-open") ?? false;
    button.setAttribute("aria-expanded", String(open));
  });
}
