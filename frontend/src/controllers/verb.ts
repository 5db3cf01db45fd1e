/**
 * A form that acts without leaving the page:
 * `<form method="post" action="…" data-controller="verb" data-confirm="question" data-action="word">`.
 * The server answers JSON {"message"} with 200, or with 409 when it refuses. Without scripts the same form posts and redirects.
 */
import { gettext } from "../i18n/text";
import { confirm } from "./confirm";
import { toast } from "./toast";

interface Answer {
  message?: string;
}

export function verb(element: HTMLElement): void {
  const form = element as HTMLFormElement;
  const send = async (): Promise<void> => {
    const button = form.querySelector<HTMLButtonElement>("button[type=submit]");
    if (button !== null) button.disabled = true;
    try {
      const response = await fetch(form.action, {
        method: "POST",
        body: new FormData(form),
        headers: { Accept: "application/json" },
      });
      const isJson = response.headers.get("Content-Type")?.startsWith("application/json") ?? false;
      const answer = isJson ? ((await response.json()) as Answer) : {};
      const fallback = response.ok ? gettext("Done.") : gettext("That did not work. Reload the page and try again.");
      toast(answer.message ?? fallback, response.ok ? "good" : response.status === 409 ? "warn" : "bad");
    } catch {
      toast(gettext("The server cannot be reached. Nothing was changed."), "bad");
    } finally {
      if (button !== null) button.disabled = false;
    }
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const { confirm: question, action } = form.dataset;
    if (question === undefined) void send();
    else void confirm(question, action ?? gettext("Yes")).then((agreed) => (agreed ? send() : undefined));
  });
}
