/** Asks before something that cannot be taken back, in a native modal dialog. */
import { gettext } from "../i18n/text";

/** Resolves to whether the person agreed. `action` is the word on the button that does it. */
export function confirm(question: string, action: string): Promise<boolean> {
  const dialog = document.createElement("dialog");
  dialog.className = "dialog";
  dialog.setAttribute("aria-label", action);
  const text = document.createElement("p");
  text.textContent = question;
  const actions = document.createElement("form");
  actions.method = "dialog";
  actions.className = "dialog__actions";
  for (const [value, label, style] of [
    ["no", gettext("Keep it as it is"), ""],
    ["yes", action, "button--danger"],
  ] as const) {
    const button = document.createElement("button");
    button.value = value;
    button.textContent = label;
    button.className = `button ${style}`;
    actions.append(button);
  }
  dialog.append(text, actions);
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "yes");
    });
  });
}
