/** For each warning: what came and what was sent, at its place in either request. */
import { isObject } from '../../lib/json.ts';
import { toGeminiToolName } from '../../translate/tool-names.ts';
import type { WarningCode } from '../../translate/warnings.ts';
import type { ChangeLine } from '../shapes.ts';
import { type Body, valueAt } from '../texts/opened.ts';
import { difference, jsonLines, signed } from './lines.ts';
import { messageRange } from './message-places.ts';
import { type Both, type PlacedPart, partsOf, type Sides } from './sides.ts';
import { signatureSides } from './signature-places.ts';

/** Where a field of the client's goes. A field that is not here goes nowhere. */
export const SENT_AT: Readonly<Record<string, string>> = {
  max_tokens: 'generationConfig.maxOutputTokens',
  temperature: 'generationConfig.temperature',
  top_p: 'generationConfig.topP',
  top_k: 'generationConfig.topK',
  thinking: 'generationConfig.thinkingConfig',
  output_config: 'generationConfig',
  output_format: 'generationConfig',
  system: 'systemInstruction',
  tool_choice: 'toolConfig',
  service_tier: 'serviceTier',
};

type Signs = { came(line: string): ChangeLine['sign']; sent(line: string): ChangeLine['sign'] };

const always = (came: ChangeLine['sign'], sent: ChangeLine['sign']): Signs => ({
  came: () => came,
  sent: () => sent,
});

/** The signs of the lines, by the code of the warning. */
const SIGNS = {
  'field-ignored': always('-', ' '),
  'value-clamped': always('~', '~'),
  'content-changed': always('~', '~'),
  'history-repaired': always(' ', '+'),
  'tool-changed': always('~', '~'),
  signature: always(' ', ' '),
  'stand-in-signature': always(' ', ' '),
  'upstream-unknown': always(' ', '~'),
  'frame-repaired': always(' ', '~'),
  budget: always(' ', ' '),
} as const satisfies Record<WarningCode, Signs>;
const OTHER_SIGNS = always('~', '~');

const isCode = (code: string): code is WarningCode => Object.hasOwn(SIGNS, code);
const signsOf = (code: string): Signs => (isCode(code) ? SIGNS[code] : OTHER_SIGNS);

export type Warned = { code: string; path: string; detail: string };

const stepsOf = (path: string) => path.split('.');

/** The client's tool at a place, and what was declared of it. */
function toolSides(path: string, { came, sent }: Both): Sides {
  const index = stepsOf(path)[1] ?? '';
  const tool = valueAt(came.json, `tools.${index}`);
  const name = isObject(tool) ? String(tool['name'] ?? tool['type']) : '';
  const place = `tools.${index}${name === '' ? '' : ` · ${name}`}`;
  const found = declarationOf(name, sent);
  const schema = isObject(tool) ? (tool['input_schema'] ?? tool) : undefined;
  if (!found)
    return {
      came: { place, lines: signed(jsonLines(schema), () => '-') },
      sent: { place: 'nothing', lines: [] },
    };
  const { came: left, sent: right } = difference(jsonLines(schema), jsonLines(found.declared));
  return { came: { place, lines: left }, sent: { place: found.place, lines: right } };
}

function declarationOf(name: string, { json }: Body): { place: string; declared: unknown } | undefined {
  const wanted = toGeminiToolName(name);
  const tools = Array.isArray(json['tools']) ? json['tools'] : [];
  for (const [at, tool] of tools.entries()) {
    const declarations =
      isObject(tool) && Array.isArray(tool['functionDeclarations']) ? tool['functionDeclarations'] : [];
    const index = declarations.findIndex((one) => isObject(one) && one['name'] === wanted);
    if (index >= 0)
      return {
        place: `tools.${at}.functionDeclarations.${index}`,
        declared: valueAt(declarations[index], 'parametersJsonSchema'),
      };
  }
  return undefined;
}

/** The response that was made up for a call without a result. */
function madeUpFor(call: unknown, after: number, parts: readonly PlacedPart[]): PlacedPart[] {
  if (!isObject(call)) return [];
  const [id, name] = [call['id'], toGeminiToolName(String(call['name']))];
  const found = parts.find(({ content, part }) => {
    const response = part['functionResponse'];
    return (
      content >= after && isObject(response) && (response['id'] ?? id) === id && response['name'] === name
    );
  });
  return found ? [found] : [];
}

function messageSides({ code, path, detail }: Warned, both: Both): Sides {
  const { came, sent, again } = both;
  const [, message = '', , block] = stepsOf(path);
  const at = block === undefined ? `messages.${message}` : `messages.${message}.content.${block}`;
  const role = valueAt(came.json, `messages.${message}.role`);
  const value = valueAt(came.json, at);
  const range = again?.isClients ? messageRange(again, Number(message)) : undefined;
  const all = partsOf(sent);
  const own = range ? all.slice(range.from, range.to) : [];
  const isCall = isObject(value) && value['type'] === 'tool_use';
  const isMissing = code === 'history-repaired' && isCall;
  const parts = isMissing ? madeUpFor(value, own[0]?.content ?? 0, all) : own;
  const signs = signsOf(code);
  const [first] = parts;
  const missing: ChangeLine[] = isMissing ? [{ sign: '-', text: `(${detail})` }] : [];
  return {
    came: { place: `${at} · ${role}`, lines: [...signed(jsonLines(value), signs.came), ...missing] },
    sent: {
      place: first ? `contents.${first.content}` : 'nothing',
      lines: signed(
        parts.flatMap(({ part }) => jsonLines(part)),
        signs.sent,
      ),
    },
  };
}

function fieldSides({ code, path }: Warned, { came, sent }: Both): Sides {
  const [field = ''] = stepsOf(path);
  const value = valueAt(came.json, field);
  const target = Object.hasOwn(SENT_AT, field) ? (SENT_AT[field] ?? '') : '';
  const became = target === '' ? undefined : valueAt(sent.json, target);
  const signs = signsOf(code);
  const name = target.split('.').at(-1) ?? '';
  return {
    came: {
      place: path,
      lines: signed(value === undefined ? [] : jsonLines({ [field]: value }), signs.came),
    },
    sent: {
      place: became === undefined ? 'nothing' : target,
      lines: signed(became === undefined ? [] : jsonLines({ [name]: became }), signs.sent),
    },
  };
}

/** A warning about the answer has no place in the requests. */
const answerSides = ({ path, detail }: Warned): Sides => ({
  came: { place: 'what Gemini sent', lines: [{ sign: ' ', text: 'see Frames and events' }] },
  sent: { place: path, lines: [{ sign: '~', text: detail }] },
});

/** A declaration that Gemini has refused is named by its tool; all other warnings have paths. */
export function fullPath({ code, path }: Warned, { json }: Body): string {
  const tools = Array.isArray(json['tools']) ? json['tools'] : [];
  if (code !== 'tool-changed') return path;
  const index = tools.findIndex(
    (tool) => isObject(tool) && [tool['name'], toGeminiToolName(String(tool['name']))].includes(path),
  );
  return index < 0 ? path : `tools.${index}`;
}

export const isOfAnswer = (path: string) => /^(?:answer|input_tokens)\b/.test(path);

/** Where the warning stands, for all warnings of one place together. */
export function placeName({ code, path }: Warned): string {
  if (isOfAnswer(path)) return 'answer';
  const [first = '', second, third, fourth] = stepsOf(path);
  if (first === 'tools' && second !== undefined) return `tools.${second}`;
  if (first === 'messages' && fourth !== undefined) return [first, second, third, fourth].join('.');
  // What is said of signatures in all messages is seen where it happened, each kind in another message.
  if (path === 'messages') return `${path} ${code}`;
  return first === 'messages' ? path : first;
}

export function sidesOf(warned: Warned, both: Both): Sides {
  const [first, second] = stepsOf(warned.path);
  if (isOfAnswer(warned.path)) return answerSides(warned);
  if (first === 'tools' && second !== undefined) return toolSides(warned.path, both);
  if (first === 'messages')
    return second === undefined ? signatureSides(warned.code, both) : messageSides(warned, both);
  if (first === 'tools') {
    const names = difference(jsonLines(both.came.json['tools']), jsonLines(both.sent.json['tools']));
    return { came: { place: 'tools', lines: names.came }, sent: { place: 'tools', lines: names.sent } };
  }
  return fieldSides(warned, both);
}
