/** The table of settings: only what differs, unless `[data-show-same]` is ticked. */
export function compareSettings(element: HTMLElement): void {
  const box = element.querySelector<HTMLInputElement>("[data-show-same]");
  const table = element.querySelector<HTMLElement>("[data-settings]");
  const allSame = element.querySelector<HTMLElement>("[data-all-same]");
  if (box === null || table === null) return;
  const show = (): void => {
    table.toggleAttribute("data-only-different", !box.checked);
    table.hidden = allSame !== null && !box.checked;
  };
  box.addEventListener("change", show);
  show();
}
