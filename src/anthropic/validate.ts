/**
 * Checks the shape of a request, and throws a `MessagesError` that names the field in Anthropic's words. Translation
 * decides what a shape cannot say: which models and server tools are served, and what a version forbids.
 */
import type { TSchema } from '@sinclair/typebox';
import { type TypeCheck, TypeCompiler } from '@sinclair/typebox/compiler';
import { isObject } from '../lib/json.ts';
import { MadeOf } from '../lib/lasting.ts';
import { CONTENT_BLOCKS, type ContentBlock } from './content.ts';
import { CONTEXT_EDITS, editKind } from './context-edits.ts';
import { isTooDeep, MOST_LEVELS, tooDeepAt } from './depth.ts';
import { MessagesError } from './errors.ts';
import { explain, quotedList } from './explain.ts';
import { CountTokensRequest, type Message, MessagesRequest, MOST_MESSAGES, MOST_TOOLS } from './request.ts';
import { HOSTED_TOOLS, hostedKind } from './server-tools.ts';
import type { Tool } from './tool.ts';

const compiled = new Map<TSchema, TypeCheck<TSchema>>();

/** Compiles a schema when it is first used: most block types never occur. */
export function compile(schema: TSchema): TypeCheck<TSchema> {
  let check = compiled.get(schema);
  if (!check) {
    check = TypeCompiler.Compile(schema);
    compiled.set(schema, check);
  }
  return check;
}

const refuse = (message: string) => new MessagesError('invalid_request_error', message);

const blockSchemas: ReadonlyMap<string, TSchema> = new Map(Object.entries(CONTENT_BLOCKS));

function checkBlock(block: ContentBlock, path: string): void {
  const { type } = block;
  const schema = blockSchemas.get(type);
  if (!schema) {
    const expected = quotedList([...blockSchemas.keys()]);
    throw refuse(
      `${path}: Input tag '${type}' found using 'type' does not match any of the expected tags: ${expected}`,
    );
  }
  if (!compile(schema).Check(block)) throw refuse(explain(schema, block, `${path}.${type}`));
}

/**
 * The messages and tools that were found right. One that comes again with the next turn is the very same object, and is
 * not checked again.
 */
const known = new MadeOf<object, true>();

/** Checks those of `messages` that are in `unknown` as well. Both have the same order. */
function checkMessages(messages: readonly Message[], unknown: readonly Message[]): void {
  if (messages.length === 0) throw refuse('messages: at least one message is required');
  let next = 0;
  messages.forEach((message, index) => {
    if (message !== unknown[next]) return;
    next++;
    if (typeof message.content === 'string') return;
    message.content.forEach((block, position) => {
      checkBlock(block, `messages.${index}.content.${position}`);
    });
  });
}

/** True for a tool of the client's own. (Anthropic's tools have a `type` with a date.) */
const isCustom = (tool: { type?: unknown }) => (tool.type ?? 'custom') === 'custom';

function checkTools(tools: readonly Tool[]): void {
  tools.forEach((tool, index) => {
    const hosted = hostedKind(tool);
    if (hosted && !compile(HOSTED_TOOLS[hosted]).Check(tool)) {
      throw refuse(explain(HOSTED_TOOLS[hosted], tool, `tools.${index}.${String(tool['type'])}`));
    }
    if (!isCustom(tool)) return;
    for (const field of ['name', 'input_schema'] as const) {
      if (tool[field] === undefined) throw refuse(`tools.${index}.custom.${field}: Field required`);
    }
  });
}

/** Checks each edit by its kind. Whether an edit of an unknown kind is refused is decided by the translation. */
function checkEdits({ context_management: management }: CountTokensRequest): void {
  management?.edits?.forEach((edit, index) => {
    const kind = editKind(edit.type);
    // The schemas name an edit without its date.
    const undated = { ...edit, type: kind };
    if (!kind || compile(CONTEXT_EDITS[kind]).Check(undated)) return;
    throw refuse(explain(CONTEXT_EDITS[kind], undated, `context_management.edits.${index}.${edit.type}`));
  });
}

/**
 * Adds the tag to the path in a message. The API writes `custom` into the path of a client's tool
 * (`tools.0.custom.name`), even where the client left out `type`.
 */
function withToolTag(message: string, value: unknown): string {
  const index = /^tools\.(\d+)\./.exec(message)?.[1];
  const tools = isObject(value) && Array.isArray(value['tools']) ? value['tools'] : [];
  const tool: unknown = index === undefined ? undefined : tools[Number(index)];
  return isObject(tool) && isCustom(tool)
    ? message.replace(/^tools\.\d+\./, `tools.${index}.custom.`)
    : message;
}

const isUnknown = (item: unknown): boolean => !isObject(item) || known.get(item) === undefined;

/** `request` without the messages and tools that were found right before. */
function unknownPart(request: Record<string, unknown>): Record<string, unknown> {
  const { messages, tools } = request;
  if (!Array.isArray(messages) || messages.length > MOST_MESSAGES) return request;
  const unknown = { ...request, messages: messages.filter(isUnknown) };
  if (!Array.isArray(tools) || tools.length > MOST_TOOLS) return unknown;
  return { ...unknown, tools: tools.filter(isUnknown) };
}

/** A system message that only sets the effort may have no content. Everywhere else it then counts as empty. */
function withContents(body: Record<string, unknown>): Record<string, unknown> {
  const { messages } = body;
  const isBare = (message: unknown) =>
    isObject(message) &&
    message['role'] === 'system' &&
    isObject(message['output_config']) &&
    (message['content'] ?? null) === null;
  if (!Array.isArray(messages) || !messages.some(isBare)) return body;
  return {
    ...body,
    messages: messages.map((message) => (isBare(message) ? { ...message, content: [] } : message)),
  };
}

/**
 * Returns the request: `body` itself, unless a message lacks its content. Throws a MessagesError that names the first
 * wrong field.
 */
function parse(schema: TSchema, body: unknown): CountTokensRequest {
  if (!isObject(body))
    throw refuse('Input should be a valid dictionary: the request body is not a JSON object');
  const value = withContents(body);
  const unknown = unknownPart(value);
  const deep = isTooDeep(unknown) ? tooDeepAt(value) : undefined;
  if (deep !== undefined) {
    throw refuse(withToolTag(`${deep}: nested too deeply; a request may have ${MOST_LEVELS} levels`, value));
  }
  if (!compile(schema).Check(unknown)) throw refuse(withToolTag(explain(schema, value, ''), value));
  const request = value as CountTokensRequest;
  const { messages: unknownMessages, tools: unknownTools } = unknown as CountTokensRequest;
  checkMessages(request.messages, unknownMessages);
  checkTools(request.tools ?? []);
  checkEdits(request);
  for (const message of unknownMessages) known.set(message, true);
  for (const tool of unknownTools ?? []) known.set(tool, true);
  return request;
}

/** Checks the body of `POST /v1/messages`. */
export const parseMessagesRequest = (value: unknown): MessagesRequest =>
  parse(MessagesRequest, value) as MessagesRequest;

/** Checks the body of `POST /v1/messages/count_tokens`. */
export const parseCountTokensRequest = (value: unknown): CountTokensRequest =>
  parse(CountTokensRequest, value);
