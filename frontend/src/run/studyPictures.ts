/** What a study found so far asks for news by itself; while somebody reads a table of it, or uses a slider, it stays as it is. */

export function studyPictures(element: HTMLElement): () => void {
  const hold = (event: Event): void => {
    if (event.target !== element) return;
    const { activeElement } = document;
    const isInUse = activeElement instanceof HTMLElement && element.contains(activeElement) && activeElement.matches("input, button");
    if (isInUse || element.querySelector("details[open]") !== null) event.preventDefault();
  };
  element.addEventListener("htmx:beforeRequest", hold);
  return () => element.removeEventListener("htmx:beforeRequest", hold);
}
