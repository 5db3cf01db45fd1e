/** The list of runs. */
import "../styles/home.css";

import { register } from "../controllers/attach";
import { compareChoice } from "../home/compareChoice";
import { homeLive } from "../home/homeLive";

register("compare-choice", compareChoice);
register("home-live", homeLive);
