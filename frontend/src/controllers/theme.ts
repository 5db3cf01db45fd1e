/** The theme switch. The choice is kept in this browser; public/theme.js applies it before the first paint of later pages. */

const KEY = "nasweb-theme";

export const THEME_CHANGED = "nasweb:theme-changed";

function stored(): string {
  try {
    return localStorage.getItem(KEY) ?? "system";
  } catch {
    return "system"; // storage forbidden: the choice lasts for this page
  }
}

function store(choice: string): void {
  try {
    localStorage.setItem(KEY, choice);
  } catch {
    // see above
  }
}

/** `<div data-controller="theme">` around buttons with `data-theme-choice="system|light|dark"`. */
export function theme(element: HTMLElement): void {
  const buttons = [...element.querySelectorAll<HTMLElement>("[data-theme-choice]")];
  const show = (choice: string): void => {
    for (const button of buttons) button.setAttribute("aria-pressed", String(button.dataset.themeChoice === choice));
  };
  show(stored());
  for (const button of buttons) {
    button.addEventListener("click", () => {
      const choice = button.dataset.themeChoice ?? "system";
      if (choice === "system") delete document.documentElement.dataset.theme;
      else document.documentElement.dataset.theme = choice;
      store(choice);
      show(choice);
      document.dispatchEvent(new Event(THEME_CHANGED));
    });
  }
}

/** Calls `listener` when the colours change: by the switch, or by the system. Returns what ends it. */
export function onThemeChange(listener: () => void): () => void {
  const system = window.matchMedia("(prefers-color-scheme: dark)");
  document.addEventListener(THEME_CHANGED, listener);
  system.addEventListener("change", listener);
  return () => {
    document.removeEventListener(THEME_CHANGED, listener);
    system.removeEventListener("change", listener);
  };
}
