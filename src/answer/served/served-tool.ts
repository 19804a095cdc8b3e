/** What must be known of a tool that this process runs in place of Anthropic's servers. Each is a row, and a file. */
import type { ContentBlock } from '../../anthropic/content.ts';
import type { MessagesRequest } from '../../anthropic/request.ts';
import type { ServerToolName, ServerToolResult } from '../../anthropic/server-answers.ts';
import type { UsageMetadata } from '../../gemini/wire.ts';
import type { JsonObject } from '../../lib/json.ts';
import type { Passage } from '../../translate/response/hosted/passages.ts';
import type { MessageAnswer } from '../message-answer.ts';
import type { AnswerPorts } from '../ports.ts';

/**
 * What a tool gave. `usage`: the tokens of the requests that were made for it. `passages`: what the answer may repeat of
 * it, with the pages to cite then.
 */
export type ServedResult = {
  result: ServerToolResult;
  usage?: UsageMetadata;
  passages?: readonly Passage[];
};

export type ServedTool = {
  readonly name: ServerToolName;
  /**
   * `said`: what the assistant has said in this answer until now. Never rejects, except with the signal's reason: a tool
   * that fails has a result that says so.
   */
  run(input: JsonObject, said: readonly ContentBlock[]): Promise<ServedResult>;
  /** True where this tool may still do what Google's own has tried, with this result. Then `run` is called. */
  mayTakeOver?(result: ServerToolResult, input: JsonObject): boolean;
};

export type ServingPorts = Pick<AnswerPorts, 'pages'> & {
  urlFetch: AnswerPorts['settings']['urlFetch'];
  /** Opens the answer to a request of the proxy's own. */
  ask(request: MessagesRequest): Promise<MessageAnswer>;
  /** Aborts when the answer is not wanted any more. */
  signal: AbortSignal;
};

/** The tools of one kind that a request has. */
export type OpenTools = (request: MessagesRequest, ports: ServingPorts) => readonly ServedTool[];
