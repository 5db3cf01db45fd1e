/** Text that people typed, for names and hover texts: Plotly reads tags, entities and %{…} in what it draws. */
export function asText(typed: string): string {
  return typed.replace(/[&<>{]/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
