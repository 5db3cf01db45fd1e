/** The table behind a chart: made when it is opened, and fresh while it is open. */
import { formatCount } from "../i18n/numbers";
import { ngettext } from "../i18n/text";
import type { Table } from "./figure";

const SHOWN_ROWS = 500;

export class ChartTable {
  private build: (() => Table) | null = null;
  private readonly button: HTMLElement | null;
  private readonly panel: HTMLElement | null;

  /** `root` holds the button `[data-chart-toggle]` and the panel `[data-chart-table]`. */
  constructor(root: HTMLElement) {
    this.button = root.querySelector("[data-chart-toggle]");
    this.panel = root.querySelector("[data-chart-table]");
    this.button?.addEventListener("click", () => {
      if (this.panel === null) return;
      this.panel.hidden = !this.panel.hidden;
      this.button?.setAttribute("aria-expanded", String(!this.panel.hidden));
      this.draw();
    });
  }

  update(build: () => Table): void {
    this.build = build;
    this.draw();
  }

  private draw(): void {
    if (this.panel === null || this.panel.hidden || this.build === null) return;
    if (this.panel.contains(document.activeElement) && document.activeElement !== this.panel) return; // somebody is in it
    this.panel.replaceChildren(tableElement(this.build()));
  }
}

export function tableElement({ columns, rows }: Table): HTMLTableElement {
  const table = document.createElement("table");
  table.className = "table";
  const head = table.createTHead().insertRow();
  for (const column of columns) {
    const cell = document.createElement("th");
    cell.scope = "col";
    cell.textContent = column.title;
    cell.classList.toggle("number", column.isNumber);
    head.append(cell);
  }
  const body = table.createTBody();
  for (const row of rows.slice(0, SHOWN_ROWS)) {
    const line = body.insertRow();
    row.cells.forEach((value, index) => {
      const cell = line.insertCell();
      cell.classList.toggle("number", columns[index]?.isNumber ?? false);
      if (index > 0 || row.trial === undefined) {
        cell.textContent = value === null ? "–" : String(value);
        return;
      }
      const link = document.createElement("a");
      link.href = `?trial=${row.trial.join(".")}`;
      link.dataset.selectTrial = row.trial.join(".");
      link.textContent = String(value);
      cell.append(link);
    });
  }
  if (rows.length > SHOWN_ROWS) {
    const rest = rows.length - SHOWN_ROWS;
    const note = table.createCaption();
    note.textContent = ngettext(
      "%(count)s more row is not shown.",
      "%(count)s more rows are not shown.",
      rest,
      { count: formatCount(rest) },
    );
  }
  return table;
}
