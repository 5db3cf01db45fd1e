/** Data sets and benchmark tables. */
import "../styles/data.css";
import "../styles/latency.css";
import "../styles/split.css";

import { register } from "../controllers/attach";
import { upload } from "../controllers/upload";

register("upload", upload);
