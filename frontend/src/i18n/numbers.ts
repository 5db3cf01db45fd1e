/** Numbers, durations and times in the page's language. */

import { gettext } from "./text";

function language(): string {
  return document.documentElement.lang || "en";
}

const DASH = "–";

/** Whole numbers with grouping: 12,345. */
export function formatCount(value: number): string {
  return value.toLocaleString(language(), { maximumFractionDigits: 0 });
}

/** Four significant digits, compact from a thousand on: 1.23M. A dash for what is not there. */
export function formatNumber(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return DASH;
  const notation = Math.abs(value) >= 1000 ? "compact" : "standard";
  return value.toLocaleString(language(), { notation, maximumSignificantDigits: 4 });
}

/** Seconds in the one or two largest units: "3.2 s", "4 min 10 s", "2 h 5 min", "3 d 4 h". */
export function formatDuration(seconds: number): string {
  if (!Number.isFinite(seconds)) return DASH;
  if (seconds < 60) {
    return gettext("%(n)s s", { n: seconds.toLocaleString(language(), { maximumFractionDigits: seconds < 10 ? 1 : 0 }) });
  }
  const whole = Math.round(seconds);
  const minutes = Math.floor(whole / 60);
  const hours = Math.floor(minutes / 60);
  if (hours < 1) return gettext("%(m)s min %(s)s s", { m: minutes, s: whole % 60 });
  if (hours < 24) return gettext("%(h)s h %(m)s min", { h: hours, m: minutes % 60 });
  return gettext("%(d)s d %(h)s h", { d: Math.floor(hours / 24), h: hours % 24 });
}

/** Date and time of day, in the reader's own time zone. */
export function formatDateTime(moment: Date): string {
  return moment.toLocaleString(language(), { dateStyle: "medium", timeStyle: "short" });
}

/** Time of day with seconds, for the event log. */
export function formatTime(moment: Date): string {
  return moment.toLocaleTimeString(language(), { hour: "2-digit", minute: "2-digit", second: "2-digit" });
}

const STEPS: readonly [limit: number, unit: Intl.RelativeTimeFormatUnit, size: number][] = [
  [60, "second", 1],
  [3600, "minute", 60],
  [86_400, "hour", 3600],
  [7 * 86_400, "day", 86_400],
];

/** "3 minutes ago"; the date itself when it is more than a week away. */
export function formatRelative(moment: Date, now: Date): string {
  const seconds = (moment.getTime() - now.getTime()) / 1000;
  for (const [limit, unit, size] of STEPS) {
    if (Math.abs(seconds) < limit) {
      return new Intl.RelativeTimeFormat(language(), { numeric: "auto" }).format(Math.round(seconds / size), unit);
    }
  }
  return moment.toLocaleDateString(language(), { dateStyle: "medium" });
}
