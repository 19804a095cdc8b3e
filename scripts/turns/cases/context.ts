/** Histories that are shortened before the model reads them: cleared, or summarised. */
import type { ContentBlock } from '../../../src/anthropic/content.ts';
import type { Message } from '../../../src/anthropic/request.ts';
import type { TurnCases } from '../build.ts';
import { chunk, end, says, signature, text, thought } from '../wire.ts';
import { ASK_TOOLS } from './asks.ts';
import { seal } from './history.ts';

const say = (role: Message['role'], value: string): Message => ({ role, content: value });
const done = says(chunk([text('Done.')]), end('STOP', { signature: signature('end of text') }));

/** Calls with their results, each signed as Claude Code sends it back. */
const reads = (count: number): Message[] =>
  Array.from({ length: count }, (_, index): Message[] => {
    const id = `toolu_${index}`;
    const carrier: ContentBlock = {
      type: 'thinking',
      thinking: `File ${index}.`,
      signature: seal({ on: 'call', toolId: id }, `call ${index}`),
    };
    return [
      {
        role: 'assistant',
        content: [carrier, { type: 'tool_use', id, name: 'Read', input: { file_path: `/${index}` } }],
      },
      {
        role: 'user',
        content: [{ type: 'tool_result', tool_use_id: id, content: `${'line '.repeat(80)}${index}` }],
      },
    ];
  }).flat();

const LONG = 'word '.repeat(150);
const TALK = [
  say('user', `Name three fruits. ${LONG}`),
  say('assistant', `Apple, pear, plum. ${LONG}`),
  say('user', 'Which of them is blue?'),
];
const SUMMARY = says(chunk([thought('A short one.')]), chunk([text('Three fruits; which is blue?')]), end());
const compact = (more: object = {}) => ({
  edits: [{ type: 'compact_20260112', trigger: { type: 'input_tokens', value: 200 }, ...more }],
});

export const CONTEXTS: TurnCases = {
  'context-tool-uses-cleared': {
    shows: 'Old results are cleared with the arguments of their calls; each call keeps its signature',
    ask: {
      tools: ASK_TOOLS,
      messages: [say('user', 'Read them all.'), ...reads(4)],
      context_management: {
        edits: [
          { type: 'clear_thinking_20251015', keep: 'all' },
          {
            type: 'clear_tool_uses_20250919',
            trigger: { type: 'tool_uses', value: 2 },
            keep: { type: 'tool_uses', value: 1 },
            clear_tool_inputs: true,
          },
        ],
      },
    },
    replies: [done],
  },
  'context-compacted': {
    shows: 'A long conversation is summarised, and the answer is made from the summary',
    ask: { messages: TALK, context_management: compact() },
    replies: [SUMMARY, done],
  },
  'context-compacted-pause': {
    shows: 'The same with a pause: the client gets the summary alone',
    ask: { messages: TALK, context_management: compact({ pause_after_compaction: true }) },
    replies: [SUMMARY],
  },
  'context-summary-cut-off': {
    shows: 'The same where the summary is cut off: the whole conversation is answered',
    ask: { messages: TALK, context_management: compact() },
    replies: [says(chunk([text('Three fru')], { finishReason: 'MAX_TOKENS' })), done],
  },
  'context-summary-alone': {
    shows: 'A client that asks for a summary: a sealed block, and nothing else',
    ask: { messages: TALK, compaction: { type: 'summarize' } },
    replies: [SUMMARY],
  },
  'context-summary-sent-back': {
    shows: 'A summary that comes back takes the place of everything before it',
    ask: {
      messages: [
        ...TALK,
        {
          role: 'assistant',
          content: [
            { type: 'compaction', content: 'Three fruits; which is blue?' },
            { type: 'text', text: 'The plum.' },
          ],
        },
        say('user', 'Thanks.'),
      ],
    },
    replies: [done],
  },
};
