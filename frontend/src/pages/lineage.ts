/** The walk from the first ancestor to a trial. */
import "../styles/architecture.css";
import "../styles/chart.css";
import "../styles/lineage.css";

import { register } from "../controllers/attach";
import { walk, walkChart } from "../run/walk";

register("walk", walk);
register("walk-chart", walkChart);
