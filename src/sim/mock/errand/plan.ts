/**
 * Does a plain request step by step with the tools that the client declares. The history shows how far the plan is, as
 * everywhere in the mock: the n-th result since the user's words belongs to the n-th step.
 */

import { callsOf } from '../../validator/request.ts';
import type { BuiltCall } from '../build-call.ts';
import type { Conversation, ToolResult } from '../conversation.ts';
import type { Clause } from './clauses.ts';
import { parseErrands } from './parse.ts';
import { languageOf } from './programs.ts';
import { findRepair, type Repair } from './repairs.ts';
import { callFor, type Deed } from './tools.ts';

export type ErrandSpeech = { thinking: string; text: string; calls: readonly BuiltCall[] };

type Step = {
  say: string;
  /** The deed of this step. It depends on the result of the step before. Undefined where there is nothing to do. */
  deed(last: ToolResult | undefined): Deed | undefined;
  /** The line of the report about this step. */
  report(result: ToolResult): string;
  /** True where a failure of the step is what the user wants to see, so it does not end the plan. */
  mayFail?: true;
};

const DEPICTED = 1_200;
const shown = (text: string): string => {
  const whole = text.trim();
  const cut = whole.length > DEPICTED ? `${whole.slice(0, DEPICTED)}\n…` : whole;
  return cut === '' ? '(no output)' : `\`\`\`\n${cut}\n\`\`\``;
};

/** The text without line numbers. Clients number the lines of files that they read, each in its own way. */
const withoutNumbers = (text: string): string => {
  const lines = text.split('\n');
  const numbered = /^\s*\d+(?:\t|→|\| ?|: )/;
  const real = lines.filter((line) => line.trim() !== '');
  return real.length > 0 && real.every((line) => numbered.test(line))
    ? lines.map((line) => line.replace(numbered, '')).join('\n')
    : text;
};

function digest(path: string, result: ToolResult): string {
  const text = withoutNumbers(result.text);
  const lines = text.split('\n');
  const words = text.split(/\s+/).filter((word) => word !== '').length;
  const headings = lines
    .filter((line) => /^#{1,3} /.test(line))
    .map((line) => line.replace(/^#+ /, '').trim());
  const named = [...text.matchAll(/^\s*(?:export )?(?:async )?(?:def|class|function|func|fn)\s+(\w+)/gm)].map(
    ([, name]) => name,
  );
  const first = lines.find((line) => /^\s*[\w"'([]/.test(line) && !line.startsWith('#'))?.trim();
  const parts = [
    `${path} has ${lines.length} lines and ${words} words.`,
    headings.length > 0 ? `Its headings: ${headings.slice(0, 12).join(' · ')}.` : '',
    named.length > 0 ? `It defines ${named.slice(0, 12).join(', ')}.` : '',
    first === undefined ? '' : `It begins: "${first.slice(0, 200)}"`,
  ];
  return parts.filter((part) => part !== '').join(' ');
}

const once = (step: Omit<Step, 'deed'>, deed: Deed): Step => ({ ...step, deed: () => deed });

function stepsFor(clause: Clause, at: (path: string) => string): Step[] {
  const { path } = clause;
  const file = at(path);
  switch (clause.kind) {
    case 'write':
      return [
        once(
          { say: `I write ${path}.`, report: () => `- wrote ${path}` },
          { deed: 'write', path: file, content: clause.content },
        ),
      ];
    case 'run': {
      const { command } = clause;
      const report = (result: ToolResult) => `- ran \`${command}\`:\n\n${shown(result.text)}`;
      return [
        once(
          { say: `I run \`${command}\`.`, report },
          { deed: 'run', command, about: `Run ${path || command}`.slice(0, 80) },
        ),
      ];
    }
    case 'list':
      return [
        once(
          { say: 'I look at the folder.', report: (result) => `- what is there:\n\n${shown(result.text)}` },
          { deed: 'list', path: path === '' ? at('.') : file },
        ),
      ];
    case 'search': {
      const { pattern } = clause;
      const report = (result: ToolResult) =>
        `- searched for ${pattern}:\n\n${shown(result.failed ? 'nothing found' : result.text)}`;
      return [
        {
          ...once(
            { say: `I search for ${pattern}.`, report },
            { deed: 'search', pattern, path: path === '' ? at('.') : file },
          ),
          mayFail: true,
        },
      ];
    }
    case 'read': {
      const report = (result: ToolResult) =>
        clause.how === 'summarise' ? digest(path, result) : `- ${path}:\n\n${shown(result.text)}`;
      return [once({ say: `I read ${path}.`, report }, { deed: 'read', path: file })];
    }
    case 'replace':
      return [reading(path, file), editing(path, file, (code) => replacement(code, clause.from, clause.to))];
    case 'fix':
      return fixing(path, file);
  }
}

const reading = (path: string, file: string): Step =>
  once({ say: `I read ${path} first.`, report: () => '' }, { deed: 'read', path: file });

function editing(path: string, file: string, find: (code: string) => Repair | undefined): Step {
  let found: Repair | undefined;
  return {
    say: `Now I change ${path}.`,
    deed(last) {
      const code = withoutNumbers(last?.text ?? '');
      found = find(code);
      return (
        found && {
          deed: 'edit',
          path: file,
          from: found.from,
          to: found.to,
          whole: code.replace(found.from, () => found?.to ?? ''),
        }
      );
    },
    report: () =>
      `- changed ${path}: ${found?.what}\n\n\`\`\`diff\n- ${found?.from.trim()}\n+ ${found?.to.trim()}\n\`\`\``,
  };
}

function replacement(code: string, from: string, to: string): Repair | undefined {
  return code.includes(from) ? { from, to, what: `"${from}" became "${to}"` } : undefined;
}

function fixing(path: string, file: string): Step[] {
  const language = languageOf(path);
  const steps = [reading(path, file), editing(path, file, (code) => findRepair(code, path.endsWith('.py')))];
  if (!language) return steps;
  const command = language.run(path);
  const report = (result: ToolResult) =>
    `- ran it${result.failed ? ', and it failed' : ''}:\n\n${shown(result.text)}`;
  return [
    ...steps,
    { ...once({ say: 'I run it.', report }, { deed: 'run', command, about: `Run ${path}` }), mayFail: true },
  ];
}

/** The clauses without needless steps: "summarise it" about a file that was just read needs no second reading. */
function joined(clauses: readonly Clause[]): Clause[] {
  return clauses.filter((clause, index) => {
    const next = clauses[index + 1];
    return !(clause.kind === 'read' && next?.kind === 'read' && next.path === clause.path);
  });
}

const PATH_KEYS = /path|file/i;

/** The file that the latest call named. */
function lastFileOf({ request }: Conversation, cwd: string): string | undefined {
  const calls = (request.contents ?? []).flatMap(callsOf);
  const named = calls.flatMap(({ args = {} }) =>
    Object.entries(args).flatMap(([key, value]) =>
      PATH_KEYS.test(key) && typeof value === 'string' ? [value] : [],
    ),
  );
  const last = named.findLast((path) => /\.\w+$/.test(path));
  return last?.startsWith(`${cwd}/`) ? last.slice(cwd.length + 1) : last;
}

const absolute = (cwd: string) => (path: string) => {
  if (cwd === '.' || /^(?:[/~]|[A-Za-z]:\\)/.test(path)) return path;
  return path === '.' ? cwd : `${cwd}/${path.replace(/^\.\//, '')}`;
};

/**
 * The things that the user asks for. They are read from all words of the user, or, where clients add texts beside these
 * words, from one of the texts.
 */
function readErrands({ words, texts }: Conversation, lastFile: string | undefined) {
  for (const text of [words, ...texts]) {
    const parsed = parseErrands(text, lastFile);
    if (parsed) return parsed;
  }
  return undefined;
}

/**
 * The next step of the plan, or its report. Undefined where the words are no plain request, or the client has no tools
 * for it.
 */
export function errandSpeech(conversation: Conversation, cwd: string): ErrandSpeech | undefined {
  const { results } = conversation;
  const parsed = readErrands(conversation, lastFileOf(conversation, cwd));
  if (!parsed) return undefined;
  const steps = joined(parsed.errands).flatMap((clause) => stepsFor(clause, absolute(cwd)));
  const reports: string[] = [];
  let done = 0;
  let last: ToolResult | undefined;
  for (const step of steps) {
    const deed = step.deed(last);
    const call = deed && callFor(deed, conversation);
    if (deed && !call)
      return done === 0 ? undefined : ending(reports, `I have no tool to go on: ${step.say}`);
    if (!call) {
      if (step.mayFail !== true && last) reports.push(NOTHING_TO_CHANGE);
      continue;
    }
    const result = results[done];
    if (!result) return { thinking: thoughtOf(step.say), text: step.say, calls: [call] };
    done++;
    last = result;
    if (result.failed && !step.mayFail) return ending(reports, `That failed:\n\n${shown(result.text)}`);
    reports.push(step.report(result));
  }
  const left = parsed.left.map((clause) => `I left out "${clause}": that takes a model.`);
  return ending(reports, left.join('\n'));
}

const NOTHING_TO_CHANGE =
  'I see nothing there that can be changed without understanding the code: this is the offline mock, and it knows slips of the pen only. "fix the failing test" shows a whole repair.';

const thoughtOf = (say: string): string => `**The next step**\n\n${say}`;

const ending = (reports: readonly string[], last: string): ErrandSpeech => ({
  thinking: '**Closing**\n\nAll steps have their results; I report them as they are.',
  text: [...reports, last].filter((part) => part !== '').join('\n\n') || 'Done.',
  calls: [],
});
