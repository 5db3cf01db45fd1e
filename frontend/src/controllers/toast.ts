/** Short answers to something a person just did. They go away by themselves, unless they tell of a failure. */
import { gettext } from "../i18n/text";
import { icon } from "./icon";

export type Tone = "good" | "warn" | "bad" | "busy";

const ICONS: Record<Tone, string> = { good: "check", warn: "warning", bad: "warning", busy: "info" };
const SHOWN_MS = 6000;

export function toast(text: string, tone: Tone = "good"): void {
  const host = document.querySelector("[data-toasts]");
  if (host === null) return;
  const body = document.createElement("div");
  body.className = "notice__body";
  body.textContent = text;
  const close = document.createElement("button");
  close.type = "button";
  close.className = "button button--quiet button--icon button--small";
  close.setAttribute("aria-label", gettext("Close"));
  close.append(icon("close"));
  const box = document.createElement("div");
  box.className = "notice toast";
  box.dataset.tone = tone;
  box.append(icon(ICONS[tone]), body, close);
  close.addEventListener("click", () => box.remove());
  host.append(box);
  if (tone !== "bad") setTimeout(() => box.remove(), SHOWN_MS);
}

/** Says `text` to screen readers, politely, without showing it. */
export function announce(text: string): void {
  const host = document.querySelector("[data-announcer]");
  if (host !== null && host.textContent !== text) host.textContent = text;
}
