/** Checks the conversation itself: roles, parts, and the order of calls and their responses. */
import type { GoogleError } from '../../gemini/wire.ts';
import { invalidArgument } from './refusal.ts';
import type { ApiContent, ApiPart, ApiRequest } from './request.ts';
import { callsOf, responsesOf } from './request.ts';

const ROLES = new Set(['user', 'model', 'function', '']);

const hasData = (part: ApiPart): boolean =>
  part.text !== undefined ||
  part.inlineData !== undefined ||
  part.fileData !== undefined ||
  part.functionCall !== undefined ||
  part.functionResponse !== undefined ||
  part.executableCode !== undefined ||
  part.codeExecutionResult !== undefined ||
  part.toolCall !== undefined ||
  part.toolResponse !== undefined;

function emptyParts(content: ApiContent, path: string): string[] {
  return (content.parts ?? []).flatMap((part, index) =>
    hasData(part)
      ? []
      : [`${path}.parts[${index}].data: required oneof field 'data' must have one initialized field`],
  );
}

/** The faults that Google's list check finds before the model is asked. */
export function checkParts(request: ApiRequest): string[] {
  const contents = request.contents ?? [];
  if (contents.length === 0) return ['contents: contents is not specified'];
  const lines = request.systemInstruction ? emptyParts(request.systemInstruction, 'system_instruction') : [];
  contents.forEach((content, index) => {
    const path = `contents[${index}]`;
    if ((content.parts ?? []).length === 0) lines.push(`${path}.parts: contents.parts must not be empty.`);
    lines.push(...emptyParts(content, path));
  });
  return lines;
}

export function checkRoles(request: ApiRequest): GoogleError | undefined {
  for (const { role } of request.contents ?? []) {
    if (role === undefined || ROLES.has(role)) continue;
    return invalidArgument(
      `Role '${role}' is not supported. Please use a valid role: SYSTEM, SYSTEM_1, USER, ASSISTANT, DEVELOPER, CONTEXT, USER_CONTEXT, MODEL, USER.`,
    );
  }
  return undefined;
}

const isModel = (content: ApiContent | undefined): boolean => content?.role === 'model';

/** The call of a tool of Google's goes back with its result. The words are ours: no such refusal was recorded. */
function unpairedTool(contents: readonly ApiContent[]): GoogleError | undefined {
  const parts = contents.flatMap((content) => content.parts ?? []);
  const open = new Set<unknown>();
  for (const { toolCall, toolResponse } of parts) {
    if (toolCall) open.add(toolCall['id']);
    if (toolResponse && !open.delete(toolResponse['id'])) {
      return invalidArgument('A tool response part must come after the tool call part with its id.');
    }
  }
  return undefined;
}

/**
 * Checks the turns. Calls must be answered in the very next content. Responses are counted, not matched by id (wire
 * section 4).
 */
export function checkTurns(request: ApiRequest): GoogleError | undefined {
  const contents = request.contents ?? [];
  for (const [index, content] of contents.entries()) {
    const previous = contents[index - 1];
    const calls = callsOf(content).length;
    const responses = responsesOf(content).length;
    if (calls > 0 && isModel(content) && (previous === undefined || isModel(previous))) {
      return invalidArgument(
        'Please ensure that function call turn comes immediately after a user turn or after a function response turn.',
      );
    }
    if (responses > 0 && !isModel(content) && callsOf(previous).length === 0) {
      return invalidArgument(
        'Please ensure that function response turn comes immediately after a function call turn.',
      );
    }
    const next = contents[index + 1];
    if (
      calls > 0 &&
      next !== undefined &&
      calls !== responsesOf(next).length &&
      responsesOf(content).length === 0
    ) {
      return invalidArgument(
        'Please ensure that the number of function response parts is equal to the number of function call parts of the function call turn.',
      );
    }
  }
  const unpaired = unpairedTool(contents);
  if (unpaired) return unpaired;
  if (isModel(contents.at(-1))) {
    return invalidArgument(
      'Please ensure that single turn requests end with a user role or the role field is empty.',
    );
  }
  return undefined;
}
