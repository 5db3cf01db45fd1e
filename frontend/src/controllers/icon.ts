/** A picture from public/icons.svg; decoration only, so it needs a word beside it. */
const SVG = "http://www.w3.org/2000/svg";

export function icon(name: string): SVGSVGElement {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `${import.meta.env.BASE_URL}icons.svg#${name}`);
  svg.append(use);
  return svg;
}
