/** What must be known of a tool of Anthropic's servers that Google runs instead. */
import type { MessagesRequest } from '../../../anthropic/request.ts';
import type { Tool } from '../../../anthropic/tool.ts';
import type { GeminiModel } from '../../../gemini/models.ts';
import type { GeminiTool } from '../../../gemini/wire.ts';
import type { HostedPlan, PageReading } from '../../context.ts';
import type { KnownTool } from './known-tool.ts';

export type HostedTool = {
  readonly gemini: GeminiTool;
  /** The function that stands for the tool where Google's own cannot stand beside functions: this process answers it. */
  readonly asFunction?: KnownTool;
  /** When that function is used; by default where Google's own tool cannot stand. */
  readonly isServed?: (pages: PageReading, model: GeminiModel) => PageReading;
  /** What the model is told where the client demands a call of this tool: Google has no setting for that. */
  readonly forced: string;
  /** Throws a MessagesError for a declaration that Anthropic's API refuses. */
  refuse(tool: Tool, path: string): void;
  /** What Google has no setting for, in words for the model. `isAlone`: the request has no other tool. */
  instructions(tool: Tool, isAlone: boolean): string[];
  /** What the reader of the answer must know. */
  plan(tool: Tool, request: MessagesRequest, isAlone: boolean): Partial<HostedPlan>;
};
