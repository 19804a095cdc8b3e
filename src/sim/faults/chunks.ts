/** Well-formed events that say odd things beside the answer. */
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

/** Sends more events before the one that is struck. */
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

/** Usage and names only, as between two steps of a model that works by itself; or nothing at all. */
export const addsNoCandidates: Behaviour = adds(({ usageMetadata, modelVersion, responseId }) => [
  { ...(usageMetadata ? { usageMetadata } : {}), modelVersion, responseId },
  {},
]);

/** Of a kind that nobody knows yet. */
export const addsUnknownPart: Behaviour = adds(() => [
  {
    candidates: [
      { content: { parts: [{ hologram: { depth: 3 } }, {}], role: 'model' }, index: 0, aura: 'blue' },
    ],
    weather: { sky: 'clear' },
  },
]);

/** Padding where grounding would be: it shows in no answer. */
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

/** In place of STOP: without content an answer stands on its finishReason alone. */
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

/** The figures of the last event are smaller than those before it. */
export const shrinksUsage: Behaviour = editEvents(
  editChunk((chunk) =>
    chunk.usageMetadata && candidateOf(chunk)?.finishReason
      ? { ...chunk, usageMetadata: halved(chunk.usageMetadata) }
      : undefined,
  ),
);
