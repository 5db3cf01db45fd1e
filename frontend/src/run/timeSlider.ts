/**
 * A slider over the steps of a search, with a button that plays them. What stands beside it is filled by `show`; the drawing of the
 * chosen step's architecture is fetched. A reader who looks at an earlier step stays there when the part is renewed.
 */
import { gettext } from "../i18n/text";

export interface Through {
  /** The numbers of the steps, rising. */
  steps: number[];
  /** Per step the name of the drawing, "" for none. */
  drawing: string[];
  /** Fills what stands beside the slider for the step at that place. */
  show: (at: number) => void;
  /** The step for who cannot see the slider. */
  inWords: (step: number) => string;
}

const PLAY_MS = 500;

/** Where a reader stands: steps by the name of the picture; who looks at the last one follows it. */
const looking = new Map<string, number>();

/** The place of that step, or the last before it when it is shown no more; the newest for a reader who follows. */
export function placeOf(steps: readonly number[], step: number | undefined): number {
  const last = steps.length - 1;
  if (step === undefined) return last;
  const later = steps.findIndex((each) => each > step);
  return later < 0 ? last : Math.max(0, later - 1);
}

export function timeSlider(element: HTMLElement, { steps, drawing, show, inWords }: Through): () => void {
  const name = element.dataset.name ?? "";
  const time = element.querySelector<HTMLElement>("[data-time]");
  const slider = element.querySelector<HTMLInputElement>("[data-time-slider]");
  const output = element.querySelector("[data-time-at]");
  const play = element.querySelector<HTMLElement>("[data-time-play]");
  const drawn = element.querySelector<HTMLElement>("[data-time-drawn]");
  const place = element.querySelector<HTMLElement>("[data-time-drawing]");
  const drawings = new Map<string, string>();
  const last = steps.length - 1;
  let timer: ReturnType<typeof setInterval> | undefined;
  let wanted = "";

  const draw = async (asked: string): Promise<void> => {
    if (drawn === null || place === null || asked === wanted) return;
    wanted = asked;
    drawn.hidden = asked === "";
    if (asked === "") return;
    if (!drawings.has(asked)) {
      const address = drawn.dataset.url ?? "";
      const answer = await fetch(address.replace("NAME", asked)).catch(() => null);
      if (answer?.ok !== true) return;
      drawings.set(asked, await answer.text());
    }
    if (wanted === asked) place.innerHTML = drawings.get(asked) ?? ""; // our own server's drawing, in the page's colours
  };

  const showAt = (at: number): void => {
    show(at);
    const step = steps[at] ?? 0;
    if (output !== null) output.textContent = String(step);
    if (slider !== null) {
      slider.value = String(at);
      slider.setAttribute("aria-valuetext", inWords(step));
    }
    void draw(drawing[at] ?? "");
  };

  const choose = (at: number): void => {
    if (at >= last) looking.delete(name);
    else looking.set(name, steps[at] ?? 0);
    showAt(Math.min(at, last));
  };

  const stop = (): void => {
    clearInterval(timer);
    timer = undefined;
    play?.setAttribute("aria-pressed", "false");
    if (play !== null) play.textContent = gettext("Play");
  };
  const start = (): void => {
    let at = Number(slider?.value ?? 0);
    if (at >= last) at = -1;
    play?.setAttribute("aria-pressed", "true");
    if (play !== null) play.textContent = gettext("Stop");
    timer = setInterval(() => {
      at += 1;
      choose(at);
      if (at >= last) stop();
    }, PLAY_MS);
  };

  if (time !== null) time.hidden = false;
  slider?.addEventListener("input", () => {
    stop();
    choose(Number(slider.value));
  });
  play?.addEventListener("click", () => {
    if (timer === undefined) start();
    else stop();
  });
  showAt(placeOf(steps, looking.get(name)));
  return stop;
}
