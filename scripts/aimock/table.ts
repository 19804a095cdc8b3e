/** `docs/aimock.md`: what came of each probe. */
import type { Grade } from '../peers/judge.ts';
import { cell, table } from '../peers/tables.ts';
import type { Probe } from './probes.ts';
import type { Subject } from './subjects.ts';

type Groups = readonly (readonly [title: string, probes: readonly Probe[]])[];

export function aimockPage(
  day: string,
  subjects: readonly Pick<Subject, 'name' | 'version'>[],
  groups: Groups,
  grades: Readonly<Record<string, readonly Grade[]>>,
): string {
  const head = subjects.map(({ name, version }) => `${name} ${version}`);
  const sections = groups.map(([title, probes]) => {
    const rows = probes.map(({ id, wanted }) => [
      `\`${id}\``,
      wanted,
      ...subjects.map((_, index) => cell(grades[id]?.[index])),
    ]);
    return `## ${title}\n\n${table([['probe', 'what is tried', ...head], ...rows])}`;
  });
  return `# Side by side with aimock

Written by \`bun scripts/compare-aimock.ts\` on ${day}. [aimock](https://github.com/CopilotKit/aimock) mocks AI APIs for tests, and records and replays. Both programs were installed from npm and started as their users start them; each row is a probe that ran on both, and \`bun scripts/compare-aimock.ts --only <probe>\` runs it again. The probes are ours, so they ask what this project cares about; [why so](decisions/0170-probes-side-by-side.md).

✓ as wanted · ○ in part, or otherwise (the note says how) · ✗ not

${sections.join('\n\n')}

## What aimock does, and this project does not

aimock stands in for the whole surroundings of a program: OpenAI, Anthropic, Gemini, Bedrock, Azure, Ollama, Cohere and more behind one port, embeddings, pictures, speech and video, realtime WebSockets, MCP, A2A and AG-UI, vector databases, search and moderation, by its README. It has plugins for Vitest and Jest, converts the fixtures of other mocks, and is a small package of no dependencies. A fixture is a line: when the user says this, answer that. Take it where a program speaks to several of these.

## What this project does, and aimock does not

This is the translation itself, with Gemini's side played: a request passes through the code that serves in life, is checked by Google's rules and sent as Google would get it, and the answer comes back through the same code, from bytes that may be broken in the ways in which Gemini's are. So it shows what Claude Code makes of Gemini, and what was recorded is kept to the byte. Take it where a program, or Claude Code, is to run on Gemini.
`;
}
