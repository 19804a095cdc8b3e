/** Faults that send well-formed events with unusual content along with the answer. */
import type { GenerateContentResponse, UsageMetadata } from '../../gemini/wire.ts';
import {
  candidateOf,
  chunkOf,
  type Edit,
  editEvents,
  editFirstEvent,
  isEvent,
  writeChunk,
} from './events.ts';
import type { Behaviour, Strike } from './fault.ts';

/** Sends more events before the event that is struck. */
const adds = (chunksFor: (chunk: GenerateContentResponse, strike: Strike) => readonly unknown[]): Behaviour =>
  editFirstEvent((event, strike) => {
    const chunk = isEvent(event) ? chunkOf(event) : undefined;
    return chunk && [...chunksFor(chunk, strike).map((more) => writeChunk(more, event)), event];
  });

export const addsNullCandidates: Behaviour = adds(() => [
  { candidates: null },
  { candidates: [] },
  { candidates: [null] },
  { candidates: [{}] },
  { candidates: [{ content: null, index: 0 }] },
  { candidates: [{ content: { parts: null, role: 'model' }, index: 0 }] },
  { candidates: [{ content: { parts: [null], role: 'model' }, index: 0 }] },
]);

/**
 * Adds an event with usage and names only, as a model sends that works by itself between two steps, or an empty event.
 */
export const addsNoCandidates: Behaviour = adds(({ usageMetadata, modelVersion, responseId }) => [
  { ...(usageMetadata ? { usageMetadata } : {}), modelVersion, responseId },
  {},
]);

/** Adds a part of a kind that does not exist yet. */
export const addsUnknownPart: Behaviour = adds(() => [
  {
    candidates: [
      { content: { parts: [{ hologram: { depth: 3 } }, {}], role: 'model' }, index: 0, aura: 'blue' },
    ],
    weather: { sky: 'clear' },
  },
]);

/** Adds a very large event: its padding is in the grounding data, which no answer shows. */
export const addsBigEvent: Behaviour = adds((_chunk, strike) => [
  {
    candidates: [
      {
        content: { parts: [], role: 'model' },
        groundingMetadata: { padding: 'a'.repeat(strike.settings.size ?? 0) },
      },
    ],
  },
]);

type ChunkEdit = (chunk: GenerateContentResponse) => GenerateContentResponse | undefined;

const editChunk =
  (edit: ChunkEdit): Edit =>
  (event) => {
    const chunk = chunkOf(event);
    const edited = chunk && edit(chunk);
    return edited && [writeChunk(edited, event)];
  };

const withCandidate = (chunk: GenerateContentResponse, change: object): GenerateContentResponse => {
  const [first, ...others] = chunk.candidates ?? [];
  return { ...chunk, candidates: [{ ...first, ...change }, ...others] };
};

/** Replaces the finishReason STOP by an unknown one. Without content an answer consists of its finishReason alone. */
export const inventsReason: Behaviour = editEvents(
  editChunk((chunk) =>
    candidateOf(chunk)?.finishReason === 'STOP'
      ? withCandidate(chunk, { finishReason: 'TIRED', finishMessage: 'Enough for today.' })
      : undefined,
  ),
);

export const dropsReason: Behaviour = editEvents(
  editChunk((chunk) => {
    const { finishReason, ...rest } = candidateOf(chunk) ?? {};
    if (finishReason === undefined) return undefined;
    return { ...chunk, candidates: [rest, ...(chunk.candidates ?? []).slice(1)] };
  }),
);

export const dropsUsage: Behaviour = editEvents(
  editChunk(({ usageMetadata, ...rest }) => (usageMetadata ? rest : undefined)),
);

const HALVED = ['promptTokenCount', 'candidatesTokenCount', 'thoughtsTokenCount', 'totalTokenCount'] as const;

function halved(usage: UsageMetadata): UsageMetadata {
  const smaller: UsageMetadata = { ...usage };
  for (const key of HALVED) {
    const count = usage[key];
    if (count !== undefined) smaller[key] = Math.floor(count / 2);
  }
  return smaller;
}

/** Makes the counts of the last event smaller than those of earlier events. */
export const shrinksUsage: Behaviour = editEvents(
  editChunk((chunk) =>
    chunk.usageMetadata && candidateOf(chunk)?.finishReason
      ? { ...chunk, usageMetadata: halved(chunk.usageMetadata) }
      : undefined,
  ),
);
