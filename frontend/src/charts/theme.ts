/** Plotly's look, made from the design tokens: figures name colours as `var(--token)`, which are resolved when they are drawn. */
import type { JsonObject } from "./figure";

/** Replaces every "var(--token)" in `value`, however deep, by the colour it has now; "var(--token) / 0.2" lets it shine through. */
export function withColours<Value>(value: Value, colourOf: (token: string) => string): Value {
  if (typeof value === "string") {
    const [, token, share] = /^var\((--[\w-]+)\)(?: \/ ([\d.]+))?$/.exec(value) ?? [];
    if (token === undefined) return value;
    const colour = colourOf(token);
    return (share === undefined ? colour : colour.replace(/^rgb\((.*)\)$/, `rgba($1, ${share})`)) as Value;
  }
  if (Array.isArray(value)) {
    const items: unknown[] = value;
    const mayHoldColours = items.some((item) => typeof item === "string" || (typeof item === "object" && item !== null));
    return (mayHoldColours ? items.map((item) => withColours(item, colourOf)) : items) as Value;
  }
  if (!isPlain(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withColours(item, colourOf)])) as Value;
}

function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Reads tokens as the browser resolves them; light-dark() has no value until it is used as a colour. */
export function tokenReader(): (token: string) => string {
  const probe = document.createElement("span");
  probe.hidden = true;
  document.body.append(probe);
  const known = new Map<string, string>();
  queueMicrotask(() => probe.remove());
  return (token) => {
    const old = known.get(token);
    if (old !== undefined) return old;
    probe.style.color = `var(${token})`;
    const colour = getComputedStyle(probe).color;
    known.set(token, colour);
    return colour;
  };
}

const AXIS: JsonObject = {
  gridcolor: "var(--data-grid)",
  zerolinecolor: "var(--line)",
  linecolor: "var(--line-control)",
  tickcolor: "var(--line-control)",
  ticks: "outside",
  ticklen: 4,
  automargin: true,
  zeroline: false,
  fixedrange: false,
};

/** The layout with everything the theme says; what the figure says itself wins. `uirevision` keeps a reader's zoom. */
export function themed(layout: JsonObject, name: string): JsonObject {
  const whole: JsonObject = {
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    font: { family: "system-ui, sans-serif", size: 12, color: "var(--text-muted)" },
    margin: { l: 48, r: 12, t: 12, b: 40 },
    hoverlabel: {
      bgcolor: "var(--surface-raised)",
      bordercolor: "var(--line-control)",
      font: { color: "var(--text)", size: 12 },
    },
    showlegend: true,
    // In the order drawn, also where areas fill down to a trace before them.
    legend: { orientation: "h", traceorder: "normal", x: 0, y: 1.02, xanchor: "left", yanchor: "bottom", font: { size: 11 } },
    uirevision: name,
    // Plotly would put grey buttons on a grey ground over the points.
    modebar: { bgcolor: "rgba(0,0,0,0)", color: "var(--text-muted)", activecolor: "var(--accent)" },
    // A finger that moves over a chart scrolls the page.
    dragmode: window.matchMedia("(pointer: coarse)").matches ? false : "zoom",
    ...layout,
  };
  for (const key of new Set(["xaxis", "yaxis", ...Object.keys(layout)])) {
    if (!/^[xy]axis\d*$/.test(key)) continue;
    const axis = whole[key] as JsonObject | undefined;
    const title = { standoff: 6, ...(axis?.title as JsonObject | undefined) };
    whole[key] = { ...AXIS, ...axis, title };
  }
  return whole;
}
