/** Answers of Gemini 4 that are longer than one request gives, and what can happen at a seam. */
import type { ResponsePart } from '../../../src/gemini/wire.ts';
import type { TurnCases } from '../build.ts';
import {
  breaksAfter,
  type Chunk,
  call,
  chunk,
  end,
  refuses,
  says,
  signature,
  text,
  thought,
} from '../wire.ts';
import { ASK_TOOLS, BASH, THINKING } from './asks.ts';

/** The end of a request whose answer goes on. */
const cutHere = (token: string, ...parts: readonly ResponsePart[]): Chunk =>
  chunk(parts.length > 0 ? parts : [text('')], {
    finishReason: 'CONTINUATION',
    continuationToken: Buffer.from(`synthetic ${token}`).toString('base64'),
  });

const first = says(chunk([text('The first half, ')]), cutHere('one'));
const rest = says(chunk([text('and the rest.')]), end());
const busy = refuses(503, 'UNAVAILABLE', 'This model is currently experiencing high demand.');

export const LONG_ANSWERS: TurnCases = {
  'long-text': {
    shows: 'Three requests, one answer: a word goes on over a seam, and the counts are added up',
    ask: { max_tokens: 128_000 },
    replies: [
      says(chunk([text('Once upon a ti')]), cutHere('one')),
      says(chunk([text('me there was')]), cutHere('two')),
      says(chunk([text(' a seam.')]), end('STOP', { signature: signature('end of text') })),
    ],
  },
  'long-whole': {
    shows: 'The same for a client that wants no stream',
    ask: { max_tokens: 128_000, stream: false },
    replies: [first, rest],
  },
  'long-thoughts-first': {
    shows: 'A first request that gives thoughts alone',
    ask: { max_tokens: 128_000, ...THINKING('summarized') },
    replies: [says(chunk([thought('A long plan.')]), cutHere('one')), rest],
  },
  'long-call-after-seam': {
    shows: 'A signed call in the second request: its signature belongs to the call',
    ask: { max_tokens: 128_000, ...THINKING('summarized'), tools: ASK_TOOLS },
    replies: [
      says(chunk([text('Let me look.')]), cutHere('one')),
      says(chunk([call('call-001', 'Bash', { command: 'ls' }, signature('call'))]), end()),
    ],
  },
  'long-call-over-seam': {
    shows: 'A call in pieces that begins in one request and ends in the next',
    ask: { max_tokens: 128_000, tools: [BASH] },
    replies: [
      says(
        chunk([
          {
            functionCall: {
              id: 'call-001',
              name: 'Bash',
              partialArgs: [{ jsonPath: '$.command', stringValue: 'ls ' }],
              willContinue: true,
            },
          },
        ]),
        cutHere('one'),
      ),
      says(
        chunk([
          {
            functionCall: {
              partialArgs: [{ jsonPath: '$.command', stringValue: '-la' }],
              willContinue: true,
            },
          },
          { functionCall: {} },
        ]),
        end(),
      ),
    ],
  },
  'long-half-character': {
    shows: 'A seam in the middle of a character',
    ask: { max_tokens: 128_000 },
    replies: [
      says(chunk([text('A smile: \ud83d')], { finishReason: 'CONTINUATION', continuationToken: 'b25l' })),
      says(chunk([text('\ude00.')]), end()),
    ],
  },
  'long-stop-sequence': {
    shows: 'A stop sequence that lies over a seam',
    ask: { max_tokens: 128_000, stop_sequences: ['</block>'] },
    replies: [
      says(chunk([text('<block>yes</bl')]), cutHere('one')),
      says(chunk([text('ock> and more')]), end()),
    ],
  },
  'long-at-max-tokens': {
    shows: 'The client’s max_tokens is used up at the seam: no further request',
    ask: { max_tokens: 4 },
    replies: [first],
  },
  'long-past-max-tokens': {
    shows: 'The client’s max_tokens counts over all requests',
    ask: { max_tokens: 6 },
    replies: [first, says(chunk([text('and the rest, which is longer than there is room for.')]), end())],
  },
  'long-max-tokens-after-seam': {
    shows: 'Gemini’s own end of the budget, in the second request',
    ask: { max_tokens: 128_000 },
    replies: [first, says(chunk([text('and more')]), end('MAX_TOKENS'))],
  },
  'long-without-token': {
    shows: 'CONTINUATION without a token: max_tokens, after which the client goes on by itself',
    replies: [says(chunk([text('A very long answer, part one')]), end('CONTINUATION'))],
  },
  'long-without-progress': {
    shows: 'A second request that brings nothing but a token: no third one',
    ask: { max_tokens: 128_000 },
    replies: [
      first,
      says({ candidates: [{ index: 0, finishReason: 'CONTINUATION', continuationToken: 'dHdv' }] }),
    ],
  },
  'long-rest-busy': {
    shows: 'The request for the rest is refused for a moment: it is made again, and nothing is said twice',
    ask: { max_tokens: 128_000 },
    replies: [first, busy, rest],
  },
  'long-rest-breaks-before-content': {
    shows: 'The request for the rest breaks before it brings anything: it is made again',
    ask: { max_tokens: 128_000 },
    replies: [first, breaksAfter(), rest],
  },
  'long-rest-out-of-quota': {
    shows:
      'A quota of the minute is used up by the prompt that is read again: the rest is asked for when it is back',
    ask: { max_tokens: 128_000 },
    replies: [
      first,
      refuses(429, 'RESOURCE_EXHAUSTED', 'You exceeded your current quota.', [
        { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '3s' },
      ]),
      rest,
    ],
  },
  'long-rest-fails': {
    shows: 'The request for the rest is refused again and again: an error, and no quiet end',
    ask: { max_tokens: 128_000 },
    replies: [first, busy, busy],
  },
  'long-rest-breaks': {
    shows: 'The second request breaks after content: an error, and no quiet end',
    ask: { max_tokens: 128_000 },
    replies: [first, breaksAfter(chunk([text('and the')]))],
  },
  'long-rest-filtered': {
    shows: 'The second request ends at a filter: a refusal after all the text',
    ask: { max_tokens: 128_000 },
    replies: [first, says(chunk([text('First you take')]), end('SAFETY'))],
  },
};
