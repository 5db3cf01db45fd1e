/** The new-run form. */
import "../styles/preview.css";
import "../styles/wizard.css";

import { register } from "../controllers/attach";
import { copy } from "../controllers/copy";
import { wizard } from "../controllers/wizard";

register("copy", copy);
register("wizard", wizard);
