/** Requests, contexts and an independent reading of Google's rules, for the tests of request translation. */
import type { MessagesRequest } from '../../src/anthropic/request.ts';
import { modelRow } from '../../src/gemini/model-rows.ts';
import type { GenerateContentRequest, RequestContent, RequestPart } from '../../src/gemini/wire.ts';
import type { RequestContext } from '../../src/translate/context.ts';

export const ORIGIN = { family: 'gemini-4', keyFingerprint: 'key1' } as const;

export function contextFor(model = 'gemini-4-argon', changes: Partial<RequestContext> = {}): RequestContext {
  const row = modelRow(model);
  return {
    model: row,
    apiVersion: '2023-06-01',
    readsPages: 'where Google cannot',
    maxTokensLimit: undefined,
    origin: { family: row.family, keyFingerprint: ORIGIN.keyFingerprint },
    signatures: new Map(),
    media: {
      byGoogle: true,
      fetched: new Map(),
      files: new Map(),
      converted: new Map(),
      pages: new Map(),
      moved: new Map(),
    },
    ownInstructions: [],
    date: '2026-11-30T09:00:00.000Z',
    ...changes,
  };
}

export function requestOf(changes: Partial<MessagesRequest> = {}): MessagesRequest {
  return {
    model: 'claude-opus-5-5',
    max_tokens: 1000,
    messages: [{ role: 'user', content: 'hello' }],
    ...changes,
  };
}

export function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const member of Object.values(value)) deepFreeze(member);
  }
  return value;
}

const DATA_MEMBERS = [
  'text',
  'inlineData',
  'fileData',
  'functionCall',
  'functionResponse',
  'toolCall',
  'toolResponse',
  'executableCode',
  'codeExecutionResult',
] as const;
const NAME = /^[A-Za-z_][A-Za-z0-9_.:-]{0,63}$/;

function partProblems(part: RequestPart, where: string): string[] {
  const members = DATA_MEMBERS.filter((member) => part[member] !== undefined);
  const problems = members.length === 1 ? [] : [`${where}: ${members.length} data members`];
  if (part.text === '' && part.thoughtSignature === undefined) problems.push(`${where}: empty text`);
  const named = part.functionCall ?? part.functionResponse;
  if (named && !NAME.test(named.name)) problems.push(`${where}: name ${named.name}`);
  const { response } = part.functionResponse ?? {};
  if (part.functionResponse && (typeof response !== 'object' || Array.isArray(response))) {
    problems.push(`${where}: response is no object`);
  }
  const { args } = part.functionCall ?? {};
  if (args !== undefined && (typeof args !== 'object' || args === null || Array.isArray(args))) {
    problems.push(`${where}: args are no object`);
  }
  return problems;
}

const callsOf = (content: RequestContent | undefined) =>
  (content?.parts ?? []).flatMap((part) => (part.functionCall ? [part.functionCall] : []));
const responsesOf = (content: RequestContent) =>
  content.parts.flatMap((part) => (part.functionResponse ? [part.functionResponse] : []));

function contentProblems(
  content: RequestContent,
  before: RequestContent | undefined,
  where: string,
): string[] {
  const problems = content.parts.flatMap((part, index) => partProblems(part, `${where}.parts.${index}`));
  if (content.parts.length === 0) problems.push(`${where}: no parts`);
  if (before?.role === content.role) problems.push(`${where}: two ${content.role} contents in a row`);
  if (!before && content.role !== 'user') problems.push(`${where}: starts with the model`);
  const calls = before?.role === 'model' ? callsOf(before) : [];
  const responses = content.role === 'user' ? responsesOf(content) : [];
  const pairs = (list: { id?: string; name: string }[]) =>
    JSON.stringify(list.map(({ id, name }) => [id, name]));
  if (pairs(calls) !== pairs(responses))
    problems.push(`${where}: ${pairs(calls)} answered by ${pairs(responses)}`);
  const firstOther = content.parts.findIndex((part) => !part.functionResponse);
  if (firstOther !== -1 && content.parts.slice(firstOther).some((part) => part.functionResponse)) {
    problems.push(`${where}: a response after another part`);
  }
  return problems;
}

/** What Google would refuse in `body`, read from the rules and not from our code. */
export function problemsOf(body: GenerateContentRequest, options = { mustEndWithUser: true }): string[] {
  const problems = body.contents.flatMap((content, index) =>
    contentProblems(content, body.contents[index - 1], `contents.${index}`),
  );
  const last = body.contents.at(-1);
  if (!last) problems.push('no contents');
  if (options.mustEndWithUser && last?.role !== 'user') problems.push('ends with the model');
  if (callsOf(last).length > 0) problems.push('ends with open calls');
  const declarations = body.tools?.flatMap((tool) => tool.functionDeclarations ?? []) ?? [];
  const hosts = body.tools?.some((tool) => !tool.functionDeclarations) === true;
  if (body.tools && declarations.length === 0 && !hosts) problems.push('empty tools');
  if (hosts && declarations.length > 0 && !body.toolConfig?.includeServerSideToolInvocations)
    problems.push('a tool of Google’s beside functions');
  for (const { name, parametersJsonSchema } of declarations) {
    if (!NAME.test(name)) problems.push(`tool name ${name}`);
    if (parametersJsonSchema?.['type'] !== 'object') problems.push(`${name}: root is no object`);
  }
  const names = new Set(declarations.map((declaration) => declaration.name));
  if (names.size < declarations.length) problems.push('duplicate tool names');
  if (!JSON.stringify(body).isWellFormed() || /\\ud[89a-f]/i.test(JSON.stringify(body))) {
    problems.push('lone surrogate');
  }
  return problems;
}
