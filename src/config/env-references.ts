/** References in a `.env` file as Bun understands them, whatever quotes they stand in; `parseEnv` leaves them as they are. */

const NAME = /\w*/y;

const nameAt = (text: string, at: number): string => {
  NAME.lastIndex = at;
  return NAME.exec(text)?.[0] ?? '';
};

/** Where the brace that was opened before `from` is closed; -1 where it is not. */
function closingBrace(text: string, from: number): number {
  let depth = 1;
  for (let at = from; at < text.length; at++) {
    if (text[at] === '\\') at++;
    else if (text.startsWith('${', at)) depth++;
    else if (text[at] === '}' && --depth === 0) return at;
  }
  return -1;
}

/** `NAME`, or `NAME:-default`; undefined for anything else. */
function expandBraces(inner: string, values: ReadonlyMap<string, string | undefined>): string | undefined {
  const name = nameAt(inner, 0);
  const rest = inner.slice(name.length);
  if (rest === '') return values.get(name) ?? '';
  if (!rest.startsWith(':-')) return undefined;
  return values.get(name) ?? expandReferences(rest.slice(2), values);
}

/** `$NAME`, `${NAME}`, `${NAME:-default}`, and `\$` for a dollar sign. What is none of these stays. */
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
