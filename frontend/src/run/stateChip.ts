/** The state of a run as icon and word. */
import { icon } from "../controllers/icon";

// The same looks as apps/runs/templatetags/ui.py draws.
const LOOKS: Record<string, [tone: string, icon: string]> = {
  queued: ["calm", "queued"],
  running: ["busy", "running"],
  paused: ["warn", "pause"],
  stopping: ["busy", "running"],
  reporting: ["busy", "running"],
  completed: ["good", "check"],
  stopped: ["calm", "stop"],
  cancelled: ["calm", "cancel"],
  failed: ["bad", "warning"],
};

export function stateChip(state: string, label: string): HTMLElement {
  const chip = document.createElement("span");
  const [tone, picture] = LOOKS[state] ?? ["calm", "info"];
  chip.className = "chip";
  chip.dataset.tone = tone;
  chip.dataset.state = state;
  if (picture === "running") chip.dataset.spins = "";
  chip.append(icon(picture), label);
  return chip;
}
