/** The catalogue of spaces, the page of one kind, saved spaces, the hand-made architecture. */
import "../styles/preview.css";
import "../styles/wizard.css";
import "../styles/architecture.css";
import "../styles/split.css";
import "../styles/spaces.css";

import { register } from "../controllers/attach";
import { copy } from "../controllers/copy";
import { drawing } from "../controllers/drawing";
import { handmade } from "../controllers/handmade";
import { submitOnChange } from "../controllers/submitOnChange";
import { zoom } from "../controllers/zoom";

register("copy", copy);
register("drawing", drawing);
register("handmade", handmade);
register("submit-on-change", submitOnChange);
register("zoom", zoom);
