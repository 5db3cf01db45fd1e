/** Text from Django's catalogue (/jsi18n/), which is loaded before the modules; without it the English source text is shown. */

interface Catalogue {
  gettext?: (text: string) => string;
  ngettext?: (singular: string, plural: string, count: number) => string;
}

type Values = Record<string, string | number>;

function fill(text: string, values: Values): string {
  return text.replace(/%\((\w+)\)s/g, (whole, name: string) => (name in values ? String(values[name]) : whole));
}

/** The text in the reader's language, with `%(name)s` filled from `values`. Named as xgettext expects it. */
export function gettext(text: string, values: Values = {}): string {
  return fill((window as Catalogue).gettext?.(text) ?? text, values);
}

/** As gettext, in the plural form that `count` asks for. */
export function ngettext(singular: string, plural: string, count: number, values: Values = {}): string {
  const text = (window as Catalogue).ngettext?.(singular, plural, count) ?? (count === 1 ? singular : plural);
  return fill(text, values);
}
