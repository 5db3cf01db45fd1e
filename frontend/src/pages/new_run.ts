/** The new-run form. */
import "../styles/preview.css";
import "../styles/wizard.css";

import { register } from "../controllers/attach";
import { cloneMarks } from "../controllers/cloneMarks";
import { copy } from "../controllers/copy";
import { wizard } from "../controllers/wizard";

register("clone-marks", cloneMarks);
register("copy", copy);
register("wizard", wizard);
