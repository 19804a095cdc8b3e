/** Reads members of types and values of enums from TypeScript text, because types leave no trace at run time. */

export type Member = { name: string; comment: string };

/** Undefined where `text` declares no such object type. A comment belongs to the member after it. */
export function membersOf(text: string, type: string): Member[] | undefined {
  const head = new RegExp(
    `^export (?:declare )?(?:interface|class|type) ${type}\\b(?: extends [\\w<>, ]+)?(?: =)? \\{`,
    'm',
  ).exec(text);
  if (!head) return undefined;
  return splitMembers(bodyAt(text, head.index + head[0].length));
}

export function enumValuesOf(text: string, name: string): string[] | undefined {
  const head = new RegExp(`^export declare enum ${name} \\{`, 'm').exec(text);
  if (!head) return undefined;
  const body = bodyAt(text, head.index + head[0].length);
  return [...body.matchAll(/=\s*"([^"]*)"/g)].map((match) => match[1] ?? '');
}

/** The texts of a union of texts, under whatever number the bundler has given the type. */
export function unionOf(text: string, type: string): string[] {
  const [, union = ''] =
    new RegExp(`^declare type ${type}(?:_\\d+)? = ((?:"[^"]*" \\| )+)`, 'm').exec(text) ?? [];
  return [...union.matchAll(/"([^"]*)"/g)].map(([, value = '']) => value);
}

/**
 * From behind an opening brace to its closing one: on the same line, or the first one at the margin. (Comments hold
 * braces as well.)
 */
function bodyAt(text: string, start: number): string {
  const lineEnd = text.indexOf('\n', start);
  const line = text.slice(start, lineEnd);
  if (/\};?$/.test(line)) return line.replace(/\};?$/, '');
  return text.slice(start, text.indexOf('\n}', start));
}

const COMMENT = /\/\*\*[\s\S]*?\*\//y;
const MEMBER = /(?:readonly )?(?:get )?(\w+)\??(?::|\(\):)/y;

function splitMembers(body: string): Member[] {
  const members: Member[] = [];
  let comment = '';
  for (let at = 0; at < body.length; ) {
    COMMENT.lastIndex = at;
    const found = COMMENT.exec(body);
    if (found) {
      comment = found[0];
      at = COMMENT.lastIndex;
      continue;
    }
    MEMBER.lastIndex = at;
    const member = MEMBER.exec(body);
    if (member) {
      // A getter is only a convenience of the SDK's; it is not on the wire.
      if (!member[0].includes('get ') && !member[0].includes('()'))
        members.push({ name: member[1] ?? '', comment });
      comment = '';
      at = memberEnd(body, MEMBER.lastIndex);
      continue;
    }
    at++;
  }
  return members;
}

/** The index behind the semicolon that ends the type of a member. */
function memberEnd(body: string, from: number): number {
  let depth = 0;
  for (let at = from; at < body.length; at++) {
    const char = body[at];
    if (char === '{' || char === '(') depth++;
    else if (char === '}' || char === ')') depth--;
    else if (char === ';' && depth <= 0) return at + 1;
  }
  return body.length;
}
