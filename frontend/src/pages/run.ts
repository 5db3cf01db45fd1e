/** The run page: one store, and the islands that read it. */
import "../styles/home.css";
import "../styles/chart.css";
import "../styles/run.css";
import "../styles/choices.css";
import "../styles/through-time.css";
import "../styles/steer.css";
import "../styles/studies.css";

import { register } from "../controllers/attach";
import { copyFrom } from "../controllers/copyFrom";
import { RunStore } from "../live/store";
import { runChart } from "../run/chart";
import { choicesMap } from "../run/choicesMap";
import { growth } from "../run/growth";
import { eventLog } from "../run/eventLog";
import { runHeader } from "../run/header";
import { lineage } from "../run/lineage";
import { runPart } from "../run/part";
import { Selection } from "../run/selection";
import { steer } from "../run/steer";
import { trialPanel } from "../run/trialPanel";
import { trialTable } from "../run/trialTable";
import { viewChart } from "../run/viewChart";

const page = document.querySelector<HTMLElement>("[data-run-page]");

if (page !== null) {
  const { snapshotUrl = "", socketPath = "", eventsUrl = "", trialsUrl = "" } = page.dataset;
  const store = new RunStore(snapshotUrl, socketPath);
  const selection = new Selection();
  const names = JSON.parse(document.getElementById("state-names")?.textContent ?? "{}") as Record<string, string>;
  const hints = JSON.parse(document.getElementById("state-hints")?.textContent ?? "{}") as Record<string, string>;
  const stateName = (state: string): string => names[state] ?? state;

  store.start();
  register("run-header", (element) => runHeader(element, store, stateName, hints));
  register("run-chart", (element) => runChart(element, store, selection));
  register("trial-panel", (element) => trialPanel(element, store, selection, trialsUrl));
  register("trial-table", (element) => trialTable(element, store, selection));
  register("lineage", (element) => lineage(element, store, selection));
  register("run-part", (element) => runPart(element, store));
  register("steer", steer);
  register("event-log", (element) => eventLog(element, store, eventsUrl, stateName));
  register("view-chart", (element) => viewChart(element, selection));
  register("choices-map", choicesMap);
  register("growth", growth);
  register("copy-from", copyFrom);
  register("submit-on-change", (element) => {
    element.addEventListener("change", () => element.closest("form")?.requestSubmit());
  });
}
