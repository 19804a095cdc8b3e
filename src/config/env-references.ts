/**
 * References (`$NAME`) in a `.env` file, as Bun understands them inside any quotes. `parseEnv` does not expand them.
 */

const NAME = /\w*/y;

const nameAt = (text: string, at: number): string => {
  NAME.lastIndex = at;
  return NAME.exec(text)?.[0] ?? '';
};

/** The index of the brace that closes the brace before `from`; -1 where none closes it. */
function closingBrace(text: string, from: number): number {
  let depth = 1;
  for (let at = from; at < text.length; at++) {
    if (text[at] === '\\') at++;
    else if (text.startsWith('${', at)) depth++;
    else if (text[at] === '}' && --depth === 0) return at;
  }
  return -1;
}

/** Expands `NAME` or `NAME:-default` between braces; undefined for any other text. */
function expandBraces(inner: string, values: ReadonlyMap<string, string | undefined>): string | undefined {
  const name = nameAt(inner, 0);
  const rest = inner.slice(name.length);
  if (rest === '') return values.get(name) ?? '';
  if (!rest.startsWith(':-')) return undefined;
  return values.get(name) ?? expandReferences(rest.slice(2), values);
}

/** Expands `$NAME`, `${NAME}`, `${NAME:-default}`, and `\$` for a dollar sign. Everything else stays as it is. */
export function expandReferences(text: string, values: ReadonlyMap<string, string | undefined>): string {
  let out = '';
  let at = 0;
  while (at < text.length) {
    const name = text[at] === '$' ? nameAt(text, at + 1) : '';
    const close = text.startsWith('${', at) ? closingBrace(text, at + 2) : -1;
    if (text.startsWith('\\$', at)) {
      out += '$';
      at += 2;
    } else if (name !== '') {
      out += values.get(name) ?? '';
      at += 1 + name.length;
    } else if (close >= 0) {
      out += expandBraces(text.slice(at + 2, close), values) ?? text.slice(at, close + 1);
      at = close + 1;
    } else if (text.startsWith('${', at)) {
      return out + text.slice(at);
    } else {
      out += text[at];
      at++;
    }
  }
  return out;
}
