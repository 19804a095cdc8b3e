/** Turns to break: what a client asks, and the bytes that Google answers with. */
import type { GenerateContentResponse, ResponsePart } from '../../../src/gemini/wire.ts';
import type { RecordedRequest, UpstreamExchange } from '../../../src/sim/cassette/types.ts';
import { googleEvent } from '../../../src/sim/mock/google-json.ts';
import { SIGNATURE } from '../google/scripted-gemini.ts';
import { turnFixtures } from '../turn-fixtures.ts';

export type FaultTurn = {
  name: string;
  /** Default: `/v1/messages`. */
  path?: string;
  /** The client's request, without `stream`. */
  request: Readonly<Record<string, unknown>>;
  headers: Readonly<Record<string, string>>;
  /** Google's answer to every attempt. */
  reply: {
    status: number;
    headers: Readonly<Record<string, string>>;
    body: Uint8Array;
    /** How the body ends: in good order, broken, or never. */
    end: 'eof' | 'reset' | 'silence';
  };
  /** Google is asked for a stream. */
  streamed: boolean;
};

const TOOL = (name: string) => ({
  name,
  description: 'A tool.',
  input_schema: { type: 'object', properties: { path: { type: 'string' } } },
});

const request = (more: object = {}) => ({
  model: 'claude-opus-5-5',
  max_tokens: 1_000,
  messages: [{ role: 'user', content: 'Go on.' }],
  ...more,
});

const withTools = request({ tools: [TOOL('Read'), TOOL('Bash')] });
const thinking = { thinking: { type: 'adaptive', display: 'summarized' } };

const text = (value: string): ResponsePart => ({ text: value });
const thought = (value: string): ResponsePart => ({ text: value, thought: true });
const call = (id: string, name: string, path: string, signed = false): ResponsePart => ({
  functionCall: { name, args: { path }, id },
  ...(signed ? { thoughtSignature: SIGNATURE } : {}),
});
const SIGNED_END: ResponsePart = { text: '', thoughtSignature: SIGNATURE };

/** Events with one list of parts each; the last one carries the end. Counts grow as Google's do. */
function bodyOf(
  steps: readonly (readonly ResponsePart[])[],
  finishReason = 'STOP',
  model = 'gemini-4-argon',
) {
  const events = steps.map((parts, index): GenerateContentResponse => {
    const last = index === steps.length - 1;
    const said = 4 * (index + 1);
    return {
      candidates: [
        { content: { parts: [...parts], role: 'model' }, ...(last ? { finishReason } : {}), index: 0 },
      ],
      usageMetadata: {
        promptTokenCount: 120,
        cachedContentTokenCount: 100,
        candidatesTokenCount: said,
        totalTokenCount: 120 + said,
      },
      modelVersion: model,
      responseId: 'kQ5aZ8mNIo2z',
    };
  });
  return new TextEncoder().encode(events.map(googleEvent).join(''));
}

const LONG = Array.from({ length: 40 }, (_, index) => [
  text(`Line ${index} of a long answer, naïve café 🦜.\n`),
]);

type Shape = { name: string; request: FaultTurn['request']; body: Uint8Array };

const SHAPES: readonly Shape[] = [
  { name: 'text', request: request(), body: bodyOf([[text('Héllo ')], [text('there.')], [SIGNED_END]]) },
  {
    name: 'thinking and text',
    request: request(thinking),
    body: bodyOf([
      [thought('**Looking**\n\nAt the “café”.\n\n\n')],
      [thought('**Deciding**\n\nOn one.\n\n\n')],
      [text('It is open.')],
      [SIGNED_END],
    ]),
  },
  { name: 'call', request: withTools, body: bodyOf([[call('c1', 'Read', 'ä.txt', true)], [text('')]]) },
  {
    name: 'thinking and parallel calls',
    request: { ...withTools, ...thinking },
    body: bodyOf([
      [thought('Two files.\n\n\n')],
      [call('c1', 'Read', 'a.txt', true)],
      [call('c2', 'Bash', 'b.txt')],
      [text('')],
    ]),
  },
  {
    name: 'text, then a call',
    request: withTools,
    body: bodyOf([[text('I look into it… ')], [call('c1', 'Read', 'a.txt', true)], [text('')]]),
  },
  { name: 'long text', request: request(), body: bodyOf([...LONG, [SIGNED_END]]) },
  {
    name: 'all in one event',
    request: request(),
    body: bodyOf([[text('Short ✓.')]], 'STOP', 'gemini-2.5-flash'),
  },
  {
    name: 'two calls in one event',
    request: withTools,
    body: bodyOf(
      [[call('c1', 'Read', 'a.txt', true), call('c2', 'Read', 'b.txt')]],
      'STOP',
      'gemini-2.5-flash',
    ),
  },
  {
    name: 'cut by max_tokens',
    request: request(),
    body: bodyOf([[text('Once upon ')], [text('a')]], 'MAX_TOKENS'),
  },
  {
    name: 'thoughts, then max_tokens',
    request: request(thinking),
    body: bodyOf([[thought('Hm.\n\n\n')], []], 'MAX_TOKENS'),
  },
];

const EVENT_STREAM = { 'content-type': 'text/event-stream' };

/** A few turns of the usual shapes, for faults in all their settings. */
export const shapes = (): readonly FaultTurn[] =>
  SHAPES.map(({ name, request, body }) => ({
    name,
    request,
    headers: {},
    reply: { status: 200, headers: EVENT_STREAM, body, end: 'eof' },
    streamed: true,
  }));

/** Every turn of `fixtures/turns` that asks upstream for an answer. Every attempt gets its last answer. */
export const fixtureTurns = (): readonly FaultTurn[] =>
  turnFixtures()
    .filter(({ recorded }) => recorded.request.path === '/v1/messages')
    .flatMap(({ name, recorded }) => {
      const last = recorded.upstream.at(-1);
      return last?.head ? [fixtureTurn(name, recorded, last, last.head)] : [];
    });

function fixtureTurn(
  name: string,
  { request }: RecordedRequest,
  { request: asked, reads, end }: UpstreamExchange,
  { status, headers }: NonNullable<UpstreamExchange['head']>,
): FaultTurn {
  const { stream: _stream, ...body } = JSON.parse(request.body);
  return {
    name,
    request: body,
    headers: request.headers,
    reply: {
      status,
      headers,
      body: Buffer.concat(reads.map(({ bytes }) => bytes)),
      end: end.kind === 'eof' || end.kind === 'reset' ? end.kind : 'silence',
    },
    streamed: asked.path.endsWith(':streamGenerateContent'),
  };
}
