/**
 * Every way in which Gemini ends an answer: each finishReason, each reason to block a prompt, and ends without either.
 */
import {
  BLOCK_REASONS,
  FINISH_REASONS,
  type KnownFinishReason,
} from '../../../src/translate/response/stop-reason.ts';
import type { TurnCase, TurnCases } from '../build.ts';
import { type Chunk, call, chunk, end, type Reply, says, signature, text, thought } from '../wire.ts';
import { BASH } from './asks.ts';

/** What the model had said before the end; for other ends nothing. */
const SAID: Partial<Record<KnownFinishReason, readonly Chunk[]>> = {
  STOP: [chunk([text('All of it.')])],
  MAX_TOKENS: [chunk([text('This sentence was cut off in the')])],
  CONTINUATION: [chunk([text('A very long answer, part one')])],
  SAFETY: [chunk([text('First you take')])],
  RECITATION: [chunk([text('It was the best of')])],
  LANGUAGE: [chunk([text('Saluton')])],
};

/** Google's own sentence, where it gives one. */
const MESSAGES: Partial<Record<KnownFinishReason, string>> = {
  MALFORMED_FUNCTION_CALL: 'Malformed function call: print(default_api.Bash(command="ls"',
  PROHIBITED_CONTENT: 'The response was blocked as it contained prohibited content.',
  MISSING_THOUGHT_SIGNATURE: 'The response is missing a thought signature.',
};

const folderName = (reason: string) => `end-${reason.toLowerCase().replaceAll('_', '-')}`;

/** If it has no content, Gemini 3 names the end in an event of its own. */
function ending(reason: KnownFinishReason): Reply {
  const finishMessage = MESSAGES[reason];
  const more = { finishReason: reason, ...(finishMessage ? { finishMessage } : {}) };
  const said = SAID[reason];
  if (said) return says(...said, chunk([text('')], more));
  return says({ candidates: [{ ...more, index: 0 }] });
}

/** Where an end makes no answer, a second attempt ends in the same way, and then the client is told. */
function turnOf(reason: KnownFinishReason): TurnCase {
  const reply = ending(reason);
  const isAnswer = FINISH_REASONS[reason].kind !== 'unusable';
  return {
    shows: `finishReason ${reason}${isAnswer ? '' : ', twice'}`,
    replies: isAnswer ? [reply] : [reply, reply],
  };
}

const EVERY_REASON: TurnCases = Object.fromEntries(
  (Object.keys(FINISH_REASONS) as KnownFinishReason[]).map((reason) => [folderName(reason), turnOf(reason)]),
);

/** `OTHER` says nothing, so there is no sentence for it. */
const BLOCKED_FOR = [...Object.keys(BLOCK_REASONS), 'OTHER'];

const blocked = (blockReason: string, blockReasonMessage?: string): Reply =>
  says({ promptFeedback: { blockReason, ...(blockReasonMessage ? { blockReasonMessage } : {}) } });

const EVERY_BLOCK: TurnCases = Object.fromEntries(
  BLOCKED_FOR.map((reason) => [
    `blocked-${reason.toLowerCase().replaceAll('_', '-')}`,
    { shows: `A prompt blocked for ${reason}: no candidates at all`, replies: [blocked(reason)] },
  ]),
);

const empty = says(chunk([text('')], { finishReason: 'STOP' }));

export const ENDS: TurnCases = {
  ...EVERY_REASON,
  ...EVERY_BLOCK,
  'blocked-with-message': {
    shows: 'A blocked prompt with a sentence of Google’s and no reason',
    replies: [says({ promptFeedback: { blockReasonMessage: 'The prompt could not be processed.' } })],
  },
  'blocked-unspecified': {
    shows: 'BLOCK_REASON_UNSPECIFIED beside an answer is no block',
    replies: [
      says(
        {
          ...(chunk([text('Hello.')]) as object),
          promptFeedback: { blockReason: 'BLOCK_REASON_UNSPECIFIED' },
        },
        end(),
      ),
    ],
  },
  'end-other-after-text': {
    shows: 'finishReason OTHER after content: nobody knows whether that is all, so the client gets an error',
    replies: [says(chunk([text('Hello.')]), end('OTHER'))],
  },
  'end-unknown': {
    shows: 'A finishReason that nobody documented, after content: an error, and no quiet end',
    replies: [says(chunk([text('Hello.')]), end('SOMETHING_NEW'))],
  },
  'end-unknown-after-call': {
    shows: 'A finishReason that nobody documented, after a call: an error, and no tool_use',
    ask: { tools: [BASH] },
    replies: [says(chunk([call('k1', 'Bash', { command: 'ls' })]), end('SOMETHING_NEW'))],
  },
  'end-unknown-before-content': {
    shows: 'A finishReason that nobody documented, before content: another attempt, which succeeds',
    replies: [
      says(chunk([thought('Well…')]), end('SOMETHING_NEW')),
      says(chunk([text('Now it works.')]), end()),
    ],
  },
  'end-pup-limited-disabled-after-text': {
    shows: 'The account of the key is shut down in the middle of an answer: an error that says so',
    replies: [says(chunk([text('First you')]), end('PUP_LIMITED_DISABLED'))],
  },
  'end-unspecified-then-stop': {
    shows: 'FINISH_REASON_UNSPECIFIED on the way is no end',
    replies: [
      says(chunk([text('Hel')], { finishReason: 'FINISH_REASON_UNSPECIFIED' }), chunk([text('lo.')]), end()),
    ],
  },
  'end-two-reasons': {
    shows: 'Two finishReasons in one body: reading goes on to its end',
    replies: [
      says(
        chunk([text('First.')], { finishReason: 'STOP' }),
        chunk([text(' Second.')], { finishReason: 'STOP' }),
      ),
    ],
  },
  'end-empty-stop': {
    shows: 'An empty STOP is no answer; neither is the second one',
    replies: [empty, empty],
  },
  'end-missing': {
    shows: 'Content, then an orderly end without a finishReason',
    replies: [says(chunk([text('Half an ans')]))],
  },
  'end-missing-before-content': {
    shows: 'Thoughts, then an orderly end without a finishReason, twice',
    replies: [says(chunk([thought('Well…')])), says(chunk([thought('Well…')]))],
  },
  'end-thoughts-only': {
    shows: 'MAX_TOKENS when the budget went into thoughts: an answer without text',
    ask: { max_tokens: 64, thinking: { type: 'adaptive', display: 'summarized' } },
    replies: [says(chunk([thought('Considering every angle of this')]), end('MAX_TOKENS'))],
  },
  'end-thoughts-then-stop': {
    shows: 'Thoughts and a STOP without a word, twice: no answer',
    replies: [says(chunk([thought('Done thinking.')]), end()), says(chunk([thought('Done again.')]), end())],
  },
  'end-at-max-tokens': {
    shows:
      'Text that runs on into the room granted for thoughts: cut at the client’s max_tokens, upstream left',
    ask: { max_tokens: 8 },
    replies: [
      says(chunk([text('One, two, three, ')]), chunk([text('four, five, six, seven, eight, nine.')]), end()),
    ],
  },
  'end-at-max-tokens-call': {
    shows: 'A call begun within max_tokens is whole; the one after it is left out',
    ask: { max_tokens: 8, tools: [BASH] },
    replies: [
      says(
        chunk([text('Let me look.'), call('k1', 'Bash', { command: 'ls -la' })]),
        chunk([call('k2', 'Bash', { command: 'pwd' })]),
        end(),
      ),
    ],
  },
  'end-at-max-tokens-uncounted': {
    shows:
      'Counts at the end alone: max_tokens is held by an estimate, and so are the figures of the answer that was left',
    ask: { max_tokens: 4 },
    replies: [
      says(
        { ...(chunk([text('One, two, three, four, five, ')]) as object), usageMetadata: {} },
        chunk([text('six, seven, eight.')], { finishReason: 'STOP' }),
      ),
    ],
  },
  'end-full-window': {
    shows: 'MAX_TOKENS with prompt and answer filling the window: the client is to compact',
    replies: [
      says({
        ...(chunk([text('No room for')], { finishReason: 'MAX_TOKENS' }) as object),
        usageMetadata: { promptTokenCount: 1_048_000, candidatesTokenCount: 576, totalTokenCount: 1_048_576 },
      }),
    ],
  },
  'end-signed-empty-text': {
    shows: 'The last part is an empty text with a signature: kept for the next turn, shown to nobody',
    gemini: 'gemini-3.8-flash',
    replies: [says(chunk([text('Remember me.')]), end('STOP', { signature: signature('empty text') }))],
  },
};
