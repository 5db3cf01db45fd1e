/**
 * A form with files: dropping, a check of the size before anything is sent, progress, and errors at their fields.
 * The server answers 201 {"location"} or 422 {"errors": {field: [text]}}; without scripts the same form posts and redirects.
 */
import { formatNumber } from "../i18n/numbers";
import { gettext } from "../i18n/text";

interface Answer {
  location?: string;
  errors?: Record<string, string[]>;
}

const FORM = "__all__"; // where errors go that belong to no field

function sizeText(bytes: number): string {
  return `${formatNumber(bytes)}B`; // 9.631MB
}

function parsed(text: string): Answer {
  try {
    return JSON.parse(text) as Answer;
  } catch {
    return {};
  }
}

export function upload(element: HTMLElement): () => void {
  const form = element as HTMLFormElement;
  const input = form.querySelector<HTMLInputElement>("input[type=file]");
  const area = form.querySelector<HTMLElement>(".drop__area");
  const list = form.querySelector<HTMLElement>("[data-files]");
  const bar = form.querySelector<HTMLElement>("[data-progress]");
  const status = form.querySelector<HTMLElement>("[data-progress-text]");
  const button = form.querySelector<HTMLButtonElement>("button[type=submit]");
  const limit = Number(form.querySelector<HTMLElement>("[data-limit-bytes]")?.dataset.limitBytes ?? Infinity);
  const name = form.querySelector<HTMLInputElement>("input[name=name]");
  let request: XMLHttpRequest | null = null;
  if (input === null || area === null) return () => undefined;

  const showErrors = (errors: Record<string, string[]>): void => {
    for (const place of form.querySelectorAll<HTMLElement>("[data-errors-of]")) place.replaceChildren();
    for (const [field, texts] of Object.entries(errors)) {
      const place = form.querySelector(`[data-errors-of="${CSS.escape(field)}"]`) ?? form.querySelector(`[data-errors-of="${FORM}"]`);
      for (const text of texts) {
        const line = document.createElement("p");
        line.className = "field__error";
        line.setAttribute("role", "alert");
        line.textContent = text;
        place?.append(line);
      }
    }
    form.querySelector(".field__error")?.scrollIntoView({ block: "nearest" });
  };
  const tooLarge = (): string | null => {
    const total = [...(input.files ?? [])].reduce((sum, file) => sum + file.size, 0);
    if (total <= limit) return null;
    const sizes = { total: sizeText(total), limit: sizeText(limit) };
    return gettext("The files have %(total)s together; at most %(limit)s are accepted. Upload a part of the data.", sizes);
  };
  const listFiles = (): void => {
    const files = [...(input.files ?? [])];
    list?.replaceChildren(
      ...files.map((file) => {
        const line = document.createElement("li");
        const size = document.createElement("span");
        size.className = "muted";
        size.textContent = sizeText(file.size);
        line.append(file.name, size);
        return line;
      }),
    );
    const wrong = tooLarge();
    showErrors(wrong === null ? {} : { [FORM]: [wrong] });
    const [first] = files;
    if (name !== null && name.value === "" && first !== undefined) name.value = first.name.replace(/\.(npz|csv|gz|csv\.gz|tar|tar\.gz|tgz)$/i, "");
  };
  const showProgress = (share: number | null): void => {
    if (bar === null || status === null) return;
    bar.hidden = share === null;
    const percent = Math.round((share ?? 0) * 100);
    bar.setAttribute("aria-valuenow", String(percent));
    bar.querySelector("div")?.style.setProperty("inline-size", `${percent}%`);
    status.textContent = share === null ? "" : gettext("%(n)s % uploaded", { n: percent });
  };
  const ended = (errors: Record<string, string[]>): void => {
    request = null;
    if (button !== null) button.disabled = false;
    showProgress(null);
    showErrors(errors);
  };
  const answered = (sent: XMLHttpRequest): void => {
    const answer = parsed(sent.responseText);
    if (sent.status === 201 && answer.location !== undefined) {
      location.assign(answer.location);
      return;
    }
    const plain = sent.status === 413 ? sent.responseText : gettext("The server did not accept the upload. Try again.");
    ended(answer.errors ?? { [FORM]: [plain] });
  };

  const send = (event: SubmitEvent): void => {
    event.preventDefault();
    const wrong = tooLarge();
    if (wrong !== null) {
      showErrors({ [FORM]: [wrong] });
      return;
    }
    if (button !== null) button.disabled = true;
    const sent = new XMLHttpRequest();
    request = sent;
    sent.open("POST", form.action);
    sent.setRequestHeader("Accept", "application/json");
    sent.upload.addEventListener("progress", (progress) => {
      if (progress.lengthComputable) showProgress(progress.loaded / progress.total);
    });
    sent.addEventListener("load", () => answered(sent));
    sent.addEventListener("error", () => ended({ [FORM]: [gettext("The connection was lost. Nothing was stored; try again.")] }));
    showProgress(0);
    sent.send(new FormData(form));
  };

  input.addEventListener("change", listFiles);
  form.addEventListener("submit", send);
  area.addEventListener("dragover", (event) => {
    event.preventDefault();
    area.toggleAttribute("data-over", true);
  });
  area.addEventListener("dragleave", () => void area.toggleAttribute("data-over", false));
  area.addEventListener("drop", (event) => {
    event.preventDefault();
    area.toggleAttribute("data-over", false);
    if (event.dataTransfer === null || event.dataTransfer.files.length === 0) return;
    input.files = event.dataTransfer.files;
    listFiles();
  });
  return () => request?.abort();
}
