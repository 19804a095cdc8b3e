/** Changes that no warning tells, because the translation makes them in every such request: they are found by comparing. */
import type { ThinkingConfig } from '../../gemini/wire.ts';
import { isObject } from '../../lib/json.ts';
import { planThinking } from '../../translate/request/thinking.ts';
import type { Again } from '../again/translate-again.ts';
import type { Pair, Unwarned } from '../shapes.ts';
import { valueAt } from '../texts/opened.ts';
import { jsonLines, signed } from './lines.ts';
import { SENT_AT } from './places.ts';
import type { Both } from './sides.ts';

type Fields = Record<string, unknown>;

/** Fields of the client's that mean the same to Gemini under another name, so their values can be compared. */
const COMPARED = ['max_tokens', 'temperature', 'top_p', 'top_k'] as const;

/** What Gemini is sent, and the fields of the client's of which it is made. Without one of them it was added. */
const MADE_OF: readonly (readonly [target: string, sources: readonly string[]])[] = [
  ['generationConfig.thinkingConfig', ['thinking', 'output_config.effort']],
  ['systemInstruction', ['system']],
  ['toolConfig', ['tool_choice']],
  ['tools', ['tools']],
  ['serviceTier', ['service_tier']],
];

type Change = Pick<Unwarned, 'sign' | 'says' | 'why'> & { matters?: true };

/** A pair, and the client's fields that it is about. */
export type UnwarnedPair = { fields: readonly string[]; pair: Pair };

const NOBODY = () => {};
const lastStep = (path: string): string => path.split('.').at(-1) ?? path;
const brief = (value: unknown): string => JSON.stringify(value) ?? '';

function roomForThinking(came: unknown, sent: unknown, again: Again | undefined): string | undefined {
  if (!again?.isClients || typeof came !== 'number' || typeof sent !== 'number' || sent <= came)
    return undefined;
  const { headroom } = planThinking(again.request, again.ctx.model.thinking, NOBODY);
  if (sent > came + headroom) return undefined;
  const most = sent < came + headroom ? ', as far as the model’s own limit goes' : '';
  return `room for thinking: Gemini counts thoughts as output, so they would use up what the client allows for the answer${most}`;
}

/** Why thinking is set where the client has not asked for it. */
function whyThinking(config: unknown, again: Again | undefined): string | undefined {
  if (!again || !isObject(config)) return undefined;
  const { thinkingBudget, thinkingLevel }: ThinkingConfig = config;
  const model = again.ctx.model.id;
  if (thinkingBudget === 0) return `the client does not ask for thinking, and ${model} would think unasked`;
  const least = thinkingLevel === undefined ? `${thinkingBudget} tokens` : `level ${thinkingLevel}`;
  return `the client does not ask for thinking, and ${model} cannot do without: ${least} is the least`;
}

function changedField(field: (typeof COMPARED)[number], { came, sent, again }: Both): UnwarnedPair[] {
  const target = SENT_AT[field] ?? '';
  const [before, after] = [valueAt(came.json, field), valueAt(sent.json, target)];
  if (typeof before !== 'number' || before === after) return [];
  const sign = after === undefined ? '-' : '~';
  const unwarned: Change = {
    sign,
    says: after === undefined ? `${field} ${brief(before)}` : `${field} ${brief(before)} → ${brief(after)}`,
    why: field === 'max_tokens' ? roomForThinking(before, after, again) : undefined,
  };
  return [pairOf(unwarned, { [field]: before }, [target, after])];
}

/** `came`: the client's values by their paths. */
function pairOf(change: Change, came: Fields, [target, sent]: readonly [string, unknown]): UnwarnedPair {
  const side = (values: Fields) => {
    const paths = Object.keys(values);
    const named = Object.fromEntries(paths.map((path) => [lastStep(path), values[path]]));
    if (paths.length === 0) return { place: 'nothing', lines: [] };
    return { place: paths.join(', '), lines: signed(jsonLines(named), () => change.sign) };
  };
  const unwarned: Unwarned = { number: 0, matters: false, ...change };
  const sides = { came: side(came), sent: side(sent === undefined ? {} : { [target]: sent }) };
  return { fields: Object.keys(came), pair: { ...sides, warnings: [], unwarned } };
}

function added([target, sources]: (typeof MADE_OF)[number], { came, sent, again }: Both): UnwarnedPair[] {
  const value = valueAt(sent.json, target);
  if (value === undefined) return [];
  const given = sources.filter((source) => (valueAt(came.json, source) ?? undefined) !== undefined);
  const name = lastStep(target);
  const isThinking = name === 'thinkingConfig';
  if (given.length === 0) {
    const why = isThinking ? whyThinking(value, again) : undefined;
    const says = isThinking ? `${name} ${brief(value)}` : name;
    return [pairOf({ sign: '+', says, why }, {}, [target, value])];
  }
  // Of these only thinking is told to Gemini in other measures than the client's.
  if (!isThinking) return [];
  const asked = Object.fromEntries(given.map((source) => [source, valueAt(came.json, source)]));
  const unwarned: Change = {
    sign: '~',
    says: `${given.join(', ')} → ${name} ${brief(value)}`,
    why:
      valueAt(came.json, 'thinking.type') === 'disabled'
        ? whyThinking(value, again)
        : `how hard ${again?.ctx.model.id ?? 'the model'} thinks is told in the model’s own measure`,
  };
  return [pairOf(unwarned, asked, [target, value])];
}

/** The id in the client's request, and the model in the address that was asked. */
function changedModel({ came, model, standsInFor }: Both): UnwarnedPair[] {
  const asked = came.json['model'];
  if (model === undefined || asked === model) return [];
  const says = `model ${String(asked)} → ${model}`;
  const change: Change =
    standsInFor === undefined
      ? { sign: '~', says }
      : {
          sign: '~',
          says,
          why: `it stands in for ${standsInFor}, which should have answered`,
          matters: true,
        };
  return [pairOf(change, { model: asked }, ['model (in the address)', model])];
}

/** `isWarned`: whether a warning names a field of the client's already. */
export function unwarnedPairs(both: Both, isWarned: (field: string) => boolean): UnwarnedPair[] {
  return [
    ...changedModel(both),
    ...COMPARED.filter((field) => !isWarned(field)).flatMap((field) => changedField(field, both)),
    ...MADE_OF.filter(([, sources]) => !sources.some(isWarned)).flatMap((made) => added(made, both)),
  ];
}
