/** Bad answers in place of upstream's: what models do now and then although all bytes are right. */
import type { Candidate, GenerateContentResponse } from '../../gemini/wire.ts';
import { onBody } from './body.ts';
import { chunkOf, eventsOf, writeChunk } from './events.ts';
import type { Behaviour } from './fault.ts';

/** The namespace that models write before names of tools. */
const API = 'default_api';

type Ending = (api: string) => Candidate;

/** The first event of upstream with `candidate` in it, and nothing after it. */
const answers = (candidate: Ending): Behaviour =>
  onBody(async function* (reads, strike) {
    for await (const event of eventsOf(reads)) {
      const chunk: GenerateContentResponse = chunkOf(event) ?? {};
      strike.struck();
      yield writeChunk({ ...chunk, candidates: [candidate(API)] }, event);
      return;
    }
  });

/** There is no content; the message shows the model's own syntax. */
export const breaksCall: Behaviour = answers((api) => ({
  finishReason: 'MALFORMED_FUNCTION_CALL',
  index: 0,
  finishMessage: `Malformed function call: call:${api}:read_file{path: (`,
}));

/** The call is delivered too, under a name that nobody declared. */
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

/** Thoughts used up the whole budget. */
export const onlyThinks: Behaviour = answers(() => ({
  content: {
    parts: [{ text: '**Weighing the options**\n\nThere are many.\n\n\n', thought: true }],
    role: 'model',
  },
  finishReason: 'MAX_TOKENS',
  index: 0,
}));
