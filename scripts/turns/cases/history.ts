/** Histories that clients send: results, media, deferred tools, signatures. */
import type { ContentBlock } from '../../../src/anthropic/content.ts';
import type { Message } from '../../../src/anthropic/request.ts';
import type { ModelFamily } from '../../../src/gemini/models.ts';
import { contentHash } from '../../../src/lib/hash.ts';
import { callKey, type SignaturePlace, sealEnvelope, textKeys } from '../../../src/translate/signatures.ts';
import { KEY_FINGERPRINT, type TurnCases } from '../build.ts';
import { CALLS_MADE, call, chunk, end, says, signature, text } from '../wire.ts';
import { ASK_TOOLS, BASH, READ } from './asks.ts';

const user = (...content: ContentBlock[]): Message => ({ role: 'user', content });
const model = (...content: ContentBlock[]): Message => ({ role: 'assistant', content });
const say = (value: string): ContentBlock => ({ type: 'text', text: value });
const use = (id: string, name: string, input: object): ContentBlock => ({
  type: 'tool_use',
  id,
  name,
  input,
});
const result = (id: string, content: string | ContentBlock[]): ContentBlock =>
  ({ type: 'tool_result', tool_use_id: id, content }) as ContentBlock;

export const seal = (place: SignaturePlace, name: string, family: ModelFamily = 'gemini-4'): string =>
  sealEnvelope({ family, keyFingerprint: KEY_FINGERPRINT, place, signature: signature(name) });

const carrier = (place: SignaturePlace, name: string, family?: ModelFamily): ContentBlock => ({
  type: 'thinking',
  thinking: '',
  signature: seal(place, name, family),
});

const done = says(chunk([text('Done.')]), end('STOP', { signature: signature('end of text') }));

/** A question, one call, and its result. */
export const oneCall = (before: ContentBlock[] = []): Message[] => [
  user(say('What is here?')),
  model(...before, use('toolu_1', 'Bash', { command: 'ls' })),
  user(result('toolu_1', 'README.md\nsrc')),
];

const PIXEL =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
const GIF = 'R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7';
const PDF = Buffer.from('%PDF-1.4\n%%EOF\n').toString('base64');
const image = (media_type: string, data: string): ContentBlock => ({
  type: 'image',
  source: { type: 'base64', media_type, data },
});
const pdf: ContentBlock = {
  type: 'document',
  title: 'A page',
  source: { type: 'base64', media_type: 'application/pdf', data: PDF },
};

export const HISTORY: TurnCases = {
  'history-tool-result': {
    shows: 'A call and its result, the call’s signature carried by a thinking block',
    ask: { tools: ASK_TOOLS, messages: oneCall([carrier({ on: 'call', toolId: 'toolu_1' }, 'call')]) },
    replies: [done],
  },
  'history-stored-signature': {
    shows: 'The same from the store: the client dropped its thinking blocks',
    ask: { tools: ASK_TOOLS, messages: oneCall() },
    store: { [callKey('toolu_1')]: seal({ on: 'call', toolId: 'toolu_1' }, 'call') },
    replies: [done],
  },
  'history-sentinel': {
    shows: 'The same with no signature anywhere: Google’s documented stand-in',
    ask: { tools: ASK_TOOLS, messages: oneCall() },
    replies: [done],
  },
  'history-foreign-signature': {
    shows: 'Signatures of another family and of another vendor: never forwarded',
    ask: {
      tools: ASK_TOOLS,
      messages: oneCall([
        carrier({ on: 'call', toolId: 'toolu_1' }, 'call', 'gemini-3'),
        { type: 'thinking', thinking: 'Elsewhere.', signature: 'c29tZWJvZHkgZWxzZQ==' },
        { type: 'redacted_thinking', data: 'b3BhcXVl' },
      ]),
    },
    replies: [done],
  },
  'history-signed-text': {
    shows: 'A text whose closing empty part was signed: the part comes back behind it',
    ask: { messages: [user(say('Hi.')), model(say('Hello.')), user(say('And now?'))] },
    store: {
      [textKeys(contentHash('Hi.'), 'Hello.')[0]]: seal({ on: 'text', start: 6, end: 6 }, 'end of text'),
    },
    replies: [done],
  },
  'history-parallel-results': {
    shows:
      'Three results in another order than their calls, one of them an error, with words of the user behind',
    ask: {
      tools: ASK_TOOLS,
      messages: [
        user(say('Check them.')),
        model(
          say('Checking.'),
          use('toolu_1', 'Bash', { command: 'a' }),
          use('toolu_2', 'Bash', { command: 'b' }),
          use('toolu_3', 'Read', { file_path: '/c' }),
        ),
        user(
          result('toolu_3', 'three'),
          result('toolu_1', 'one'),
          { type: 'tool_result', tool_use_id: 'toolu_2', content: 'exit code 1', is_error: true },
          say('What now?'),
        ),
      ],
    },
    replies: [done],
  },
  'history-pictures': {
    shows: 'Pictures of the user and inside a result, a GIF among them, and a PDF',
    ask: {
      tools: ASK_TOOLS,
      messages: [
        user(say('Look.'), image('image/png', PIXEL), image('image/gif', GIF), pdf),
        model(use('toolu_1', 'Read', { file_path: '/shot.png' })),
        user(result('toolu_1', [say('A picture:'), image('image/png', PIXEL)])),
      ],
    },
    replies: [done],
  },
  'history-pictures-25': {
    shows: 'The same for Gemini 2.5, which takes no media inside results',
    gemini: 'gemini-2.5-pro',
    ask: {
      tools: ASK_TOOLS,
      messages: [
        user(say('Look.')),
        model(use('toolu_1', 'Read', { file_path: '/shot.png' })),
        user(result('toolu_1', [image('image/png', PIXEL)])),
      ],
    },
    replies: [says(chunk([text('Done.')], { finishReason: 'STOP' }))],
  },
  'history-deferred-tools': {
    shows: 'A deferred tool that a result names is declared last; one that nothing names stays hidden',
    ask: {
      tools: [BASH, { ...READ, defer_loading: true }, { ...READ, name: 'Secret', defer_loading: true }],
      messages: [
        user(say('Find a tool.')),
        model(use('toolu_1', 'Bash', { command: 'search' })),
        user(result('toolu_1', [{ type: 'tool_reference', tool_name: 'Read' }])),
      ],
    },
    replies: [
      says(
        chunk([call('call-001', 'Read', { file_path: '/a' }, signature('call'))]),
        end('STOP', { message: CALLS_MADE }),
      ),
    ],
  },
  'history-system-messages': {
    shows: 'System prompt in blocks, a system message in the middle, and several user turns in a row',
    ask: {
      system: [
        say('You are terse.'),
        { type: 'text', text: 'You write Go.', cache_control: { type: 'ephemeral' } },
      ] as { type: 'text'; text: string }[],
      messages: [
        user(say('One.')),
        user(say('Two.')),
        { role: 'system', content: 'The user prefers metric units.' },
        user(say('Three.')),
      ],
    },
    replies: [done],
  },
  'history-server-tools': {
    shows: 'Calls and results of Anthropic’s own tools, flattened to text',
    ask: {
      messages: [
        user(say('Search.')),
        model(
          { type: 'server_tool_use', id: 'srvtoolu_1', name: 'web_search', input: { query: 'bun' } },
          { type: 'web_search_tool_result', tool_use_id: 'srvtoolu_1', content: [] },
          say('Nothing found.'),
        ),
        user(say('Again.')),
      ],
    },
    replies: [done],
  },
};
