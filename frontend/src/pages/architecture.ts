/** The page of one architecture, and of two side by side. */
import "../styles/architecture.css";
import "../styles/export.css";
import "../styles/split.css";

import { register } from "../controllers/attach";
import { copy } from "../controllers/copy";
import { drawing } from "../controllers/drawing";
import { zoom } from "../controllers/zoom";

register("copy", copy);
register("drawing", drawing);
register("zoom", zoom);
