/** Bad answers in place of upstream's: mistakes that models make now and then, although all bytes arrive unchanged. */
import type { Candidate, GenerateContentResponse } from '../../gemini/wire.ts';
import { onBody } from './body.ts';
import { chunkOf, eventsOf, writeChunk } from './events.ts';
import type { Behaviour } from './fault.ts';

/** The namespace that models write before the names of tools. */
const API = 'default_api';

type Ending = (api: string) => Candidate;

/** Sends upstream's first event with `candidate` in it, and nothing after that event. */
const answers = (candidate: Ending): Behaviour =>
  onBody(async function* (reads, strike) {
    for await (const event of eventsOf(reads)) {
      const chunk: GenerateContentResponse = chunkOf(event) ?? {};
      strike.struck();
      yield writeChunk({ ...chunk, candidates: [candidate(API)] }, event);
      return;
    }
  });

/** Sends no content; the finishReason's message shows a call in the model's own syntax. */
export const breaksCall: Behaviour = answers((api) => ({
  finishReason: 'MALFORMED_FUNCTION_CALL',
  index: 0,
  finishMessage: `Malformed function call: call:${api}:read_file{path: (`,
}));

/** Delivers the call too, under a name that the client did not declare. */
export const callsUndeclared: Behaviour = answers((api) => ({
  content: { parts: [{ functionCall: { name: `${api}:open_pod_bay_doors`, args: {} } }], role: 'model' },
  finishReason: 'UNEXPECTED_TOOL_CALL',
  index: 0,
  finishMessage: 'Unexpected tool call: the model tried to call an undeclared function: open_pod_bay_doors',
}));

export const saysNothing: Behaviour = answers(() => ({
  content: { role: 'model' },
  finishReason: 'STOP',
  index: 0,
}));

/** Sends an answer in which thoughts have used up the whole budget. */
export const onlyThinks: Behaviour = answers(() => ({
  content: {
    parts: [{ text: '**Weighing the options**\n\nThere are many.\n\n\n', thought: true }],
    role: 'model',
  },
  finishReason: 'MAX_TOKENS',
  index: 0,
}));
