/** Reads what is said: the parts of an answer, how it ends, and what comes with it. */
import type { Json, JsonObject } from '../../lib/json.ts';
import type { BlockData, CallData, FinishData, PartData } from './act-schema.ts';
import { list } from './conditions.ts';
import type { Path, Tell } from './problems.ts';
import type { ActData } from './schema.ts';
import type {
  Ending,
  Grounding,
  PromptBlock,
  ScenarioCall,
  Speech,
  SpeechPart,
  SpeechSetting,
  UsageSet,
} from './types.ts';

const PNG = 'image/png';

/** `{ key: value }`, or nothing where there is no value. */
const given = <K extends string, V>(key: K, value: V | undefined): { [key in K]?: V } =>
  value === undefined ? {} : ({ [key]: value } as { [key in K]?: V });

export function toSpeech(data: ActData, at: Path, tell: Tell): Speech {
  const parts = data.parts ? partsIn(data, at, tell) : plainParts(data, at, tell);
  const text = parts.map((part) => (part.kind === 'text' ? part.text : '')).join('');
  return { parts, ...toSetting(data, text, at, tell) };
}

/** Thoughts, text and calls, as models usually bring them. */
function plainParts({ thinking, text, calls = [] }: ActData, at: Path, tell: Tell): SpeechPart[] {
  const said = toText(text);
  return [
    ...list(thinking ?? []).map((thought): SpeechPart => ({ kind: 'thought', text: thought })),
    ...(said === '' ? [] : [{ kind: 'text', text: said } as const]),
    ...calls.map(
      (call, index): SpeechPart => ({
        kind: 'call',
        call: toCall(call, [...at, 'calls', index], tell),
        ...given('signed', call.signature),
      }),
    ),
  ];
}

function partsIn({ parts = [], ...others }: ActData, at: Path, tell: Tell): SpeechPart[] {
  const beside = (['thinking', 'text', 'calls'] as const).find((key) => others[key] !== undefined);
  if (beside) tell([...at, beside], 'stands beside parts; say it as one of the parts');
  return parts.map((part, index) => toPart(part, [...at, 'parts', index], tell));
}

function toText(text: ActData['text']): string {
  if (text === undefined || typeof text === 'string') return text ?? '';
  const { repeat, times } = text;
  return Array.from({ length: times }, (_, index) => repeat.replaceAll('{{n}}', String(index + 1))).join('');
}

const KINDS = ['text', 'thought', 'picture', 'call', 'exact'] as const;

function toPart(data: PartData, at: Path, tell: Tell): SpeechPart {
  const { text, thought, picture, call, exact, signature } = data;
  if (KINDS.filter((kind) => data[kind] !== undefined).length !== 1)
    tell(at, `a part is one of ${KINDS.join(', ')}`);
  const signed = given('signed', signature);
  if (call) return { kind: 'call', call: toCall(call, [...at, 'call'], tell), ...signed };
  if (picture) {
    const inlineData = { mimeType: picture.type ?? PNG, data: picture.base64 };
    return { kind: 'exact', part: { inlineData }, ...signed };
  }
  if (exact) return { kind: 'exact', part: exact as JsonObject, ...signed };
  if (thought !== undefined) return { kind: 'thought', text: thought, ...signed };
  return { kind: 'text', text: text ?? '', ...signed };
}

function toCall(data: CallData, at: Path, tell: Tell): ScenarioCall {
  const { tool, undeclared, args, no_args: noArgs } = data;
  if ((tool === undefined) === (undeclared === undefined))
    tell(at, 'needs tool or undeclared, and one of them');
  const isExact = 'exact_args' in data;
  if (Number(args !== undefined) + Number(noArgs !== undefined) + Number(isExact) > 1)
    tell(at, 'args, exact_args and no_args exclude each other');
  return {
    tool: undeclared === undefined ? list(tool ?? []) : [undeclared],
    isDeclared: undeclared === undefined,
    args:
      isExact || noArgs
        ? { kind: 'exact', value: data.exact_args as Json | undefined }
        : { kind: 'fitted', args: (args ?? {}) as JsonObject },
  };
}

function toSetting(data: ActData, text: string, at: Path, tell: Tell): SpeechSetting {
  const { grounding, code, pages, finish, safety, usage, candidates, extra } = data;
  return {
    ...given('grounding', grounding && toGrounding(grounding, text, [...at, 'grounding'], tell)),
    ...given('code', code),
    ...given(
      'pages',
      pages?.map((page) => (typeof page === 'string' ? { url: page } : page)),
    ),
    ...given('finish', finish && toEnding(finish, [...at, 'finish'], tell)),
    ...given('safety', safety),
    ...given('usage', toUsage(usage)),
    ...given('candidates', candidates && toCandidates(candidates, [...at, 'candidates'], tell)),
    ...given('extra', extra as SpeechSetting['extra']),
  };
}

/** A finish reason or a block reason. */
function toEnding(data: FinishData | BlockData, at: Path, tell: Tell): Ending {
  if (typeof data === 'string') return { reason: data };
  const { reason, unknown, message } = data;
  if ((reason === undefined) === (unknown === undefined))
    tell(at, 'needs reason or unknown, and one of them');
  return { reason: reason ?? unknown ?? '', ...given('message', message) };
}

function toUsage(usage: ActData['usage']): UsageSet | undefined {
  if (usage === undefined || usage === 'none') return usage;
  const { tool_prompt: toolPrompt, ...counts } = usage;
  return { ...counts, ...given('toolPrompt', toolPrompt) };
}

function toCandidates(
  candidates: NonNullable<ActData['candidates']>,
  at: Path,
  tell: Tell,
): NonNullable<SpeechSetting['candidates']> {
  return candidates.map(({ text, parts, finish }, index) => {
    const here = [...at, index];
    const data: ActData = { ...given('text', text), ...given('parts', parts) };
    const said = parts ? partsIn(data, here, tell) : plainParts(data, here, tell);
    for (const [place, part] of said.entries())
      if (part.kind === 'call' && part.call.isDeclared)
        tell([...here, 'parts', place], 'a call of another candidate is fitted to no tool; say undeclared');
    return { parts: said, finish: toEnding(finish ?? 'STOP', [...here, 'finish'], tell) };
  });
}

export function toBlock({ block = 'OTHER', safety, usage }: ActData, at: Path, tell: Tell): PromptBlock {
  return {
    blocked: toEnding(block, [...at, 'block'], tell),
    ...given('safety', safety),
    ...given('usage', toUsage(usage)),
  };
}

function toGrounding(data: NonNullable<ActData['grounding']>, text: string, at: Path, tell: Tell): Grounding {
  const { queries, sources, supports = [] } = data;
  for (const [index, support] of supports.entries()) {
    const here = [...at, 'supports', index];
    if (!text.includes(support.text)) tell([...here, 'text'], 'is no piece of the text');
    if (support.sources.some((source) => source >= sources.length))
      tell([...here, 'sources'], `there are only ${sources.length} sources`);
  }
  return { queries, sources, supports };
}
