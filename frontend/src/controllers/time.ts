/** `<time datetime="…" data-controller="time" data-format="relative|absolute">`: shown in the reader's zone and kept fresh. */
import { formatDateTime, formatRelative } from "../i18n/numbers";

const shown = new Set<HTMLElement>();

function draw(element: HTMLElement): void {
  const moment = new Date(element.getAttribute("datetime") ?? "");
  if (Number.isNaN(moment.getTime())) return;
  const absolute = formatDateTime(moment);
  element.title = absolute;
  element.textContent = element.dataset.format === "relative" ? formatRelative(moment, new Date()) : absolute;
}

setInterval(() => shown.forEach(draw), 30_000);

export function time(element: HTMLElement): () => void {
  draw(element);
  shown.add(element);
  return () => shown.delete(element);
}
