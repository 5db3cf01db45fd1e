/**
 * A drawing that can be made larger and smaller and moved: `data-controller="zoom"` around `[data-zoom-area]` and `[data-zoom]`
 * buttons. Keys + − 0, the wheel with Ctrl, and dragging with the mouse; fingers scroll and pinch as they always do.
 */

const STEP = 1.25;
const LEAST = 0.1;
const MOST = 6;
const DRAG = 4; // pixels before a click becomes a drag

export function zoom(element: HTMLElement): void {
  const area = element.querySelector<HTMLElement>("[data-zoom-area]");
  if (area === null) return;

  /** How large the pictures are now: on the page's own terms before the first change, `--zoom` times their size after it. */
  const scale = (): number => {
    const picture = area.querySelector("svg");
    return picture === null ? 1 : picture.getBoundingClientRect().width / picture.viewBox.baseVal.width;
  };

  /** At which every picture is seen whole, at most at its own size. */
  const whole = (): number => {
    const room = parseFloat(getComputedStyle(area).maxHeight) || Infinity;
    const each = Array.from(area.querySelectorAll("svg"), ({ viewBox: { baseVal: size } }) =>
      Math.min(area.clientWidth / size.width, room / size.height),
    );
    return Math.min(1, ...each);
  };

  const set = (wanted: number): void => {
    const before = scale();
    const now = Math.min(MOST, Math.max(LEAST, wanted));
    const middle = [area.scrollLeft + area.clientWidth / 2, area.scrollTop + area.clientHeight / 2] as const;
    area.style.setProperty("--zoom", String(now));
    area.toggleAttribute("data-zoomed", true);
    area.scrollTo((middle[0] * now) / before - area.clientWidth / 2, (middle[1] * now) / before - area.clientHeight / 2);
  };
  const act = (action: string | undefined): void =>
    set(action === "in" ? scale() * STEP : action === "out" ? scale() / STEP : whole());

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
  area.addEventListener(
    "wheel",
    (event) => {
      if (!event.ctrlKey) return;
      event.preventDefault();
      act(event.deltaY < 0 ? "in" : "out");
    },
    { passive: false },
  );
  drag(area);
}

/** Moves what is inside `area` with the mouse; a click that did not move stays a click. */
function drag(area: HTMLElement): void {
  let from: { x: number; y: number; left: number; top: number } | undefined;
  let hasMoved = false;

  area.addEventListener("pointerdown", (event) => {
    if (event.pointerType !== "mouse" || event.button !== 0) return;
    from = { x: event.clientX, y: event.clientY, left: area.scrollLeft, top: area.scrollTop };
    hasMoved = false;
  });
  area.addEventListener("pointermove", (event) => {
    if (from === undefined) return;
    const [dx, dy] = [event.clientX - from.x, event.clientY - from.y];
    if (!hasMoved && Math.hypot(dx, dy) < DRAG) return;
    if (!hasMoved) area.setPointerCapture(event.pointerId);
    hasMoved = true;
    area.toggleAttribute("data-dragging", true);
    area.scrollTo(from.left - dx, from.top - dy);
  });
  const stop = (): void => {
    from = undefined;
    area.removeAttribute("data-dragging");
  };
  area.addEventListener("pointerup", stop);
  area.addEventListener("pointercancel", stop);
  area.addEventListener("dragstart", (event) => event.preventDefault()); // links in the picture are not dragged away
  area.addEventListener(
    "click",
    (event) => {
      if (!hasMoved) return;
      event.preventDefault();
      event.stopPropagation();
      hasMoved = false;
    },
    { capture: true },
  );
}
