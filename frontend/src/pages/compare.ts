/** The comparison of runs: a store per run, what the server computes over all, and the islands that read both. */
import "../styles/chart.css";
import "../styles/run.css";
import "../styles/compare.css";

import { compareChart } from "../compare/chart";
import { CompareStore } from "../compare/compareStore";
import { compareHeader } from "../compare/header";
import { compareResults } from "../compare/results";
import { compareSettings } from "../compare/settings";
import { register } from "../controllers/attach";
import { copy } from "../controllers/copy";
import type { Comparison } from "../live/events.generated";

register("copy", copy);
register("compare-settings", compareSettings);

const page = document.querySelector<HTMLElement>("[data-compare-page]");

if (page !== null) {
  const comparison = JSON.parse(document.getElementById("comparison")?.textContent ?? "{}") as Comparison;
  const names = JSON.parse(document.getElementById("state-names")?.textContent ?? "{}") as Record<string, string>;
  const runs = [...page.querySelectorAll<HTMLElement>("[data-run]")].map(({ dataset }) => ({
    run: Number(dataset.run),
    snapshotUrl: dataset.snapshotUrl ?? "",
    socketPath: dataset.socketPath ?? "",
  }));
  const store = new CompareStore(comparison, runs, page.dataset.seriesUrl ?? "");

  compareHeader(page, store, (state) => names[state] ?? state);
  register("compare-chart", (element) => compareChart(element, store));
  register("compare-results", (element) => compareResults(element, store, page.dataset.resultsUrl ?? ""));
  store.start();
}
