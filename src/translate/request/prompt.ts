/** Translates what the model reads of a request, and the form in which it answers. Counts and answers share this. */
import type { CountTokensRequest } from '../../anthropic/request.ts';
import type { GenerateContentRequest } from '../../gemini/wire.ts';
import type { RequestContext } from '../context.ts';
import type { ContextEdits } from '../edits/context-edits.ts';
import type { Warn } from '../warnings.ts';
import { editedContents } from './edited-contents.ts';
import { type AnswerForm, answerForm } from './generation.ts';
import { toSystemInstruction } from './system.ts';
import { type DeclaredTool, visibleTools } from './tools/tool-visibility.ts';
import { callingMode, toToolConfig, toTools } from './tools/tools.ts';
import { searchInstructions, webSearchOf } from './tools/web-search.ts';

export type Prompt = {
  body: Omit<GenerateContentRequest, 'generationConfig'>;
  /** What the client's edits took out of the history. */
  edits: ContextEdits;
  tools: readonly DeclaredTool[];
  form: AnswerForm;
};

export function toPrompt(request: CountTokensRequest, ctx: RequestContext, warn: Warn): Prompt {
  const search = webSearchOf(request);
  const tools = visibleTools(request, warn);
  const mode = callingMode(request, tools, warn);
  const form = answerForm(request, ctx.model, mode, warn);
  const frame = {
    ...toSystemInstruction(request.system, [
      ...(search ? searchInstructions(search, request) : []),
      ...(form.kind === 'words' ? [form.instruction] : []),
    ]),
    ...(search ? { tools: [{ googleSearch: {} }] } : toTools(tools, warn)),
    ...toToolConfig(request, mode),
  };
  const { contents, edits } = editedContents(request, frame, ctx, warn);
  return { body: { ...frame, contents }, edits, tools, form };
}
