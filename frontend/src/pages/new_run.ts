/** The new-run form. */
import "../styles/preview.css";
import "../styles/wizard.css";

import { register } from "../controllers/attach";
import { wizard } from "../controllers/wizard";

register("wizard", wizard);
