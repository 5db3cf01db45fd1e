/** A drawing that can be made larger and smaller: `data-controller="zoom"` around `[data-zoom-area]` and `[data-zoom]` buttons. */

const STEP = 1.25;
const LEAST = 0.5;
const MOST = 6;

export function zoom(element: HTMLElement): void {
  const area = element.querySelector<HTMLElement>("[data-zoom-area]");
  if (area === null) return;
  let scale = 1;

  const set = (wanted: number): void => {
    scale = Math.min(MOST, Math.max(LEAST, wanted));
    area.style.setProperty("--zoom", String(scale));
    area.toggleAttribute("data-zoomed", scale !== 1);
  };
  const act = (action: string | undefined): void => set(action === "in" ? scale * STEP : action === "out" ? scale / STEP : 1);

  element.querySelector("[data-zoom-buttons]")?.toggleAttribute("hidden", false);
  for (const button of element.querySelectorAll<HTMLElement>("[data-zoom]")) {
    button.addEventListener("click", () => act(button.dataset.zoom));
  }
  area.addEventListener("keydown", (event) => {
    const action = { "+": "in", "=": "in", "-": "out", "0": "fit" }[event.key];
    if (action === undefined || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    act(action);
  });
}
