/** The list of runs. */
import "../styles/home.css";

import { register } from "../controllers/attach";
import { homeLive } from "../home/homeLive";

register("home-live", homeLive);
