/** A study: what was found so far is renewed while a worker is at it. */
import "../styles/chart.css";
import "../styles/run.css";
import "../styles/split.css";
import "../styles/choices.css";
import "../styles/through-time.css";
import "../styles/studies.css";

import { register } from "../controllers/attach";
import { choicesMap } from "../run/choicesMap";
import { growth } from "../run/growth";
import { studyPictures } from "../run/studyPictures";
import { viewChart } from "../run/viewChart";

register("view-chart", (element) => viewChart(element));
register("choices-map", choicesMap);
register("growth", growth);
register("study-pictures", studyPictures);
