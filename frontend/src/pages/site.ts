/** On every page: styles, htmx, and the controllers of the frame. */
import "../styles/tokens.css";
import "../styles/base.css";
import "../styles/bar.css";
import "../styles/components.css";
import "../styles/graph.css";

import htmx from "htmx.org";

import { attach, detach, register } from "../controllers/attach";
import { menu } from "../controllers/menu";
import { navigation } from "../controllers/navigation";
import { tabs } from "../controllers/tabs";
import { theme } from "../controllers/theme";
import { time } from "../controllers/time";
import { toast } from "../controllers/toast";
import { verb } from "../controllers/verb";
import { gettext } from "../i18n/text";

register("menu", menu);
register("navigation", navigation);
register("tabs", tabs);
register("theme", theme);
register("time", time);
register("verb", verb);

htmx.onLoad((element) => {
  if (element instanceof HTMLElement) attach(element);
});
document.addEventListener("part:loaded", (event) => {
  if (event.target instanceof HTMLElement) htmx.process(event.target); // its forms send themselves
});
document.addEventListener("htmx:beforeCleanupElement", (event) => {
  if (event.target instanceof HTMLElement) detach(event.target);
});
document.addEventListener("htmx:sendError", () => toast(gettext("The server cannot be reached."), "bad"));
document.addEventListener("htmx:responseError", () => toast(gettext("The server refused that. Reload the page."), "bad"));
