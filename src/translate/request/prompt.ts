/** Translates what the model reads of a request, and the form in which it answers. Counts and answers share this. */
import type { CountTokensRequest } from '../../anthropic/request.ts';
import type { GenerateContentRequest } from '../../gemini/wire.ts';
import { CITING_INSTRUCTION } from '../citing/marks.ts';
import { type Citing, citingOf } from '../citing/sources.ts';
import type { RequestContext } from '../context.ts';
import type { ContextEdits } from '../edits/context-edits.ts';
import type { Warn } from '../warnings.ts';
import { editedContents } from './edited-contents.ts';
import { type AnswerForm, answerForm } from './generation.ts';
import { toSystemInstruction } from './system.ts';
import { type Hosting, hostingOf } from './tools/hosted-tools.ts';
import { type DeclaredTool, visibleTools } from './tools/tool-visibility.ts';
import { callingMode, toToolConfig, toTools } from './tools/tools.ts';

export type Prompt = {
  body: Omit<GenerateContentRequest, 'generationConfig'>;
  /** What the client's edits took out of the history. */
  edits: ContextEdits;
  tools: readonly DeclaredTool[];
  form: AnswerForm;
  /** What Google runs for the request. */
  hosting: Hosting;
  /** What may be cited; undefined where the client asks for no citations. */
  citing: Citing | undefined;
};

const NO_NUMBERS: Citing['numbers'] = new Map();

export function toPrompt(request: CountTokensRequest, ctx: RequestContext, warn: Warn): Prompt {
  const hosting = hostingOf(request, ctx);
  const tools = [...visibleTools(request, warn), ...hosting.functions];
  const mode = callingMode(hosting.choice, tools, hosting, warn);
  const form = answerForm(request, ctx.model, mode, warn);
  // Text in pieces is no JSON. Of all sources only pages that were fetched can come this far: others are refused.
  const citing = form.kind === 'free' ? citingOf(request.messages, ctx.media, warn) : undefined;
  const frame = {
    ...toSystemInstruction(request.system, [
      // Parts of a prompt are counted without a system prompt. The additions count with the system prompt.
      ...((request.system?.length ?? 0) > 0 ? ctx.ownInstructions : []),
      ...hosting.instructions,
      ...(citing ? [CITING_INSTRUCTION] : []),
      ...(form.kind === 'words' ? [form.instruction] : []),
    ]),
    ...toTools(tools, hosting, warn),
    ...toToolConfig(hosting.choice, mode, hosting),
  };
  const numbers = citing?.numbers ?? NO_NUMBERS;
  const { contents, edits } = editedContents(
    request,
    { frame, functions: hosting.functions, numbers },
    ctx,
    warn,
  );
  return { body: { ...frame, contents }, edits, tools, form, hosting, citing };
}
