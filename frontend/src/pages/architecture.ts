/** The page of one architecture. */
import "../styles/architecture.css";
import "../styles/split.css";

import { register } from "../controllers/attach";
import { copy } from "../controllers/copy";
import { zoom } from "../controllers/zoom";

register("copy", copy);
register("zoom", zoom);
