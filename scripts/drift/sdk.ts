/** Compares the types of `@google/genai` with the simulator's tables and the reader's types. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SDK_VERSION } from '../../src/config/config.ts';
import { writesText } from '../../src/gemini/listed-models.ts';
import { isKnownModel } from '../../src/gemini/model-rows.ts';
import { ENUMS } from '../../src/sim/validator/enums.ts';
import { MESSAGES } from '../../src/sim/validator/messages.ts';
import { enumValuesOf, type Member, membersOf, unionOf } from './declarations.ts';
import type { Look } from './look.ts';
import { knowsBlockReason, knowsFinishReason, READ } from './ours.ts';

const FILE = join(import.meta.dir, '../../node_modules/@google/genai/dist/genai.d.ts');
const SOURCE = 'the SDK';

/** Fields that only Vertex AI has. */
const isElsewhere = ({ comment }: Member) =>
  /not supported in (?:the )?Gemini (?:Developer )?API/i.test(comment);

/** The SDK's name for a message of an answer, where it differs from ours. */
const SDK_NAMES: Readonly<Record<string, string>> = {
  UsageMetadata: 'GenerateContentResponseUsageMetadata',
  PromptFeedback: 'GenerateContentResponsePromptFeedback',
};

/** The simulator's enum for each SDK enum that may be in a request. */
const REQUEST_ENUMS: Readonly<Record<string, string>> = {
  ThinkingLevel: 'ThinkingConfig.ThinkingLevel',
  FunctionCallingConfigMode: 'FunctionCallingConfig.Mode',
  MediaResolution: 'MediaResolution',
  HarmCategory: 'HarmCategory',
  HarmBlockThreshold: 'SafetySetting.HarmBlockThreshold',
  Outcome: 'CodeExecutionResult.Outcome',
  Language: 'ExecutableCode.Language',
  Type: 'Type',
};

export function lookAtSdk(file = FILE): Look {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return { source: SOURCE, looked: false, why: 'its types are not installed' };
  }
  return {
    source: SOURCE,
    looked: true,
    what: `the types of @google/genai ${SDK_VERSION}`,
    differences: [
      ...requestDifferences(text),
      ...answerDifferences(text),
      ...enumDifferences(text),
      ...modelDifferences(text),
    ],
  };
}

/** The simulator would refuse a field that it lacks. A field that only the simulator has may be gone from the API. */
function requestDifferences(text: string): string[] {
  return Object.entries(MESSAGES).flatMap(([message, fields]) => {
    const members = membersOf(text, message);
    if (!members) return [];
    const theirs = members.filter((member) => !isElsewhere(member)).map(({ name }) => name);
    const every = members.map(({ name }) => name);
    return [
      ...theirs.filter((name) => !(name in fields)).map((name) => `simulator lacks ${message}.${name}`),
      ...Object.keys(fields)
        .filter((name) => !every.includes(name))
        .map((name) => `SDK lacks ${message}.${name}`),
    ];
  });
}

/** Models that the SDK names, and that the table would take for one like the newest. */
function modelDifferences(text: string): string[] {
  const named = unionOf(text, 'Model');
  if (named.length === 0) return ['SDK lacks the type Model'];
  return named.filter((id) => writesText(id) && !isKnownModel(id)).map((id) => `model ${id} has no row`);
}

function answerDifferences(text: string): string[] {
  return Object.entries(READ).flatMap(([message, known]) => {
    const type = SDK_NAMES[message] ?? message;
    const members = membersOf(text, type);
    if (!members) return [`SDK lacks the type ${type}`];
    const theirs = members.filter((member) => !isElsewhere(member)).map(({ name }) => name);
    return theirs.filter((name) => !known.includes(name)).map((name) => `unread ${message}.${name}`);
  });
}

function enumDifferences(text: string): string[] {
  const requests = Object.entries(REQUEST_ENUMS).flatMap(([type, ours]) => {
    const values = enumValuesOf(text, type);
    if (!values) return [`SDK lacks the enum ${type}`];
    return values
      .filter((value) => !ENUMS[ours]?.includes(value))
      .map((value) => `simulator lacks ${ours} ${value}`);
  });
  const ends = enumValuesOf(text, 'FinishReason') ?? [];
  const blocks = enumValuesOf(text, 'BlockedReason') ?? [];
  return [
    ...requests,
    ...(ends.length === 0 ? ['SDK lacks the enum FinishReason'] : []),
    ...(blocks.length === 0 ? ['SDK lacks the enum BlockedReason'] : []),
    ...ends
      .filter((value) => !knowsFinishReason(value))
      .map((value) => `unknown Candidate.finishReason ${value}`),
    ...blocks
      .filter((value) => !knowsBlockReason(value))
      .map((value) => `unknown PromptFeedback.blockReason ${value}`),
  ];
}
