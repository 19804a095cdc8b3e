/**
 * Tells code that Gemini has run, in Anthropic's form, as it comes. A result waits for what follows it: pictures that the
 * code has drawn.
 */
import type { OutputFile, ServerToolResult } from '../../../anthropic/server-answers.ts';
import type { RequestPart } from '../../../gemini/wire.ts';
import type { CodePlan } from '../../context.ts';
import type { Warn } from '../../warnings.ts';
import { mediaInWords } from '../shown-media.ts';
import type { TurnEvent } from '../turn.ts';

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

/** The command of a shell that runs the code. */
const asCommand = (code: string): string => `python3 <<'EOF'\n${code.replace(/\n?$/, '\n')}EOF`;

type Run = { stdout: string; stderr: string; return_code: number; content: OutputFile[] };

/** Google gives one output for both streams. Of code that failed, the output is the error. */
function runOf({ codeExecutionResult: result }: RequestPart): Run {
  const output = textOf(result?.['output']);
  const outcome = textOf(result?.['outcome']);
  if (outcome === 'OUTCOME_OK') return { stdout: output, stderr: '', return_code: 0, content: [] };
  return { stdout: '', stderr: output || outcome || 'no outcome', return_code: 1, content: [] };
}

const FORMS: Readonly<
  Record<
    CodePlan['name'],
    {
      input(code: string): { code: string } | { command: string };
      result(run: Run | undefined): ServerToolResult;
    }
  >
> = {
  code_execution: {
    input: (code) => ({ code }),
    result: (run) => ({
      type: 'code_execution_tool_result',
      content: run
        ? { type: 'code_execution_result', ...run }
        : { type: 'code_execution_tool_result_error', error_code: 'unavailable' },
    }),
  },
  bash_code_execution: {
    input: (code) => ({ command: asCommand(code) }),
    result: (run) => ({
      type: 'bash_code_execution_tool_result',
      content: run
        ? { type: 'bash_code_execution_result', ...run }
        : { type: 'bash_code_execution_tool_result_error', error_code: 'unavailable' },
    }),
  },
};

type Result = Extract<TurnEvent, { type: 'server-result' }>;
type Open = { ref: string; part: RequestPart; id: string | undefined };

/** Google gives ids where it runs several pieces of code at once. */
const idOf = ({ executableCode, codeExecutionResult }: RequestPart): string | undefined =>
  textOf((executableCode ?? codeExecutionResult)?.['id']) || undefined;

export class CodeCalls {
  readonly #plan: CodePlan;
  readonly #warn: Warn;
  /** The code whose result has not come yet. There is more than one only where ids tell whose a result is. */
  #open: Open[] = [];
  /** The last result. Pictures that the code has drawn may follow, and belong to it. */
  #result: Result | undefined;
  #calls = 0;

  constructor(plan: CodePlan, warn: Warn) {
    this.#plan = plan;
    this.#warn = warn;
  }

  /** The events for a part about code. */
  told(part: RequestPart): TurnEvent[] {
    if (part.inlineData) return this.#picture(part.inlineData);
    const before = this.rest();
    const { name } = this.#plan;
    if (part.executableCode) {
      const id = idOf(part);
      if (id === undefined || this.#open.some((open) => open.id === undefined || open.id === id))
        before.push(...this.#unanswered());
      const ref = `code-${this.#calls++}`;
      this.#open.push({ ref, part, id });
      const input = FORMS[name].input(textOf(part.executableCode['code']));
      return [...before, { type: 'server-call', ref, name, input }];
    }
    // A result without its code: the code is not known, but what it printed belongs to the answer.
    const open = this.#openOf(idOf(part));
    if (!open) {
      const id = idOf(part);
      const unknown = { executableCode: id === undefined ? {} : { id } };
      return [...before, ...this.told(unknown), ...this.told(part)];
    }
    const { ref, part: code } = open;
    this.#open = this.#open.filter((other) => other !== open);
    const result = FORMS[name].result(runOf(part));
    const echo = code.executableCode?.['code'] === undefined ? undefined : [code, part];
    this.#result = { type: 'server-result', ref, result, ...(echo ? { echo } : {}) };
    return before;
  }

  /** The result that was held back for its pictures. To be called before anything else is told. */
  rest(): TurnEvent[] {
    const result = this.#result;
    this.#result = undefined;
    return result ? [result] : [];
  }

  /** To be called where no result can come any more. */
  end(): TurnEvent[] {
    return [...this.rest(), ...this.#unanswered()];
  }

  /** The code with this id; a result without an id, and code without one, belong to whatever comes last. */
  #openOf(id: string | undefined): Open | undefined {
    const own = this.#open.find((open) => id !== undefined && open.id === id);
    return own ?? this.#open.findLast((open) => id === undefined || open.id === undefined);
  }

  #unanswered(): TurnEvent[] {
    const open = this.#open;
    this.#open = [];
    const result = FORMS[this.#plan.name].result(undefined);
    return open.map(({ ref }) => ({ type: 'server-result', ref, result }));
  }

  /** A picture that no code has drawn is told in words. */
  #picture({ mimeType, data }: NonNullable<RequestPart['inlineData']>): TurnEvent[] {
    if (!this.#result || typeof mimeType !== 'string' || typeof data !== 'string') {
      this.#warn('content-changed', 'answer', 'media of the answer are told in words');
      const text = mediaInWords({ inlineData: { mimeType, data } }) ?? '';
      return [...this.rest(), { type: 'text', text, by: 'tool' }];
    }
    this.#result = { ...this.#result, files: [...(this.#result.files ?? []), { mimeType, data }] };
    return [];
  }
}
