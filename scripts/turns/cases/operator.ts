/** What an operator has switched on: words added to Claude Code's system prompt, and answers without Gemini. */
import type { TurnCases } from '../build.ts';
import { chunk, end, says, text } from '../wire.ts';
import { ASK_TOOLS } from './asks.ts';

const SYSTEM = 'You are a coding agent.';
const AGENT = { 'x-claude-code-agent-id': 'agent-1' };
const WORDS = { guidance: true, identity: true };

const TITLE_FORMAT = {
  type: 'json_schema' as const,
  schema: {
    type: 'object',
    properties: { title: { type: 'string' } },
    required: ['title'],
    additionalProperties: false,
  },
};

export const OPERATOR: TurnCases = {
  'operator-words': {
    shows: 'GUIDANCE and IDENTITY: both texts at the end of the system instruction of a main turn',
    settings: { words: WORDS },
    ask: { system: SYSTEM, tools: ASK_TOOLS },
    replies: [says(chunk([text('I am gemini-4-argon.')]), end())],
  },
  'operator-words-25': {
    shows: "GUIDANCE for a subagent on Gemini 2.5: this family's own text",
    gemini: 'gemini-2.5-pro',
    settings: { words: { ...WORDS, identity: false } },
    headers: AGENT,
    ask: { system: SYSTEM, tools: ASK_TOOLS },
    replies: [says(chunk([text('Read.')]), end())],
  },
  'operator-words-not-for-others': {
    shows: 'GUIDANCE and IDENTITY: nothing is added for another client',
    settings: { words: WORDS },
    headers: { 'user-agent': 'Anthropic/JS 1.14.0' },
    ask: { system: SYSTEM, tools: ASK_TOOLS },
    replies: [says(chunk([text('Hello.')]), end())],
  },
  'operator-local-title': {
    shows: 'LOCAL_ANSWERS: a title from the first words of the user, and Gemini is not asked',
    settings: { localAnswers: true },
    ask: {
      model: 'claude-haiku-4-5',
      tools: [],
      thinking: { type: 'disabled' },
      output_config: { format: TITLE_FORMAT },
      messages: [
        {
          role: 'user',
          content:
            '<session>\nfix the flaky test in src/queue.ts and tell me why it was flaky\n</session>\n\nName it.',
        },
      ],
    },
  },
};
