/** Tells the story events of an answer that is being sent, judged by the message events that the client gets. */
import type { MessageEvent } from '../anthropic/events.ts';
import type { Trace } from '../trace/trace.ts';

/** Returns a function that must be given all message events of one answer, in order. */
export function tellAnswer(trace: Trace): (events: readonly MessageEvent[]) => void {
  let seen: 'nothing' | 'thought' | 'content' = 'nothing';
  return (events) => {
    for (const event of events) {
      if (event.type === 'content_block_start' && seen !== 'content') {
        const sign = event.content_block.type === 'thinking' ? 'thought' : 'content';
        if (sign !== seen) trace.tell({ type: `first-${sign}` });
        seen = sign;
      }
      if (event.type !== 'message_delta') continue;
      const { usage, delta } = event;
      const told = { in: 0, cached: 0, out: 0, thinking: usage.output_tokens_details.thinking_tokens };
      // The tokens of a summary are not among the figures of the answer.
      let written = 0;
      for (const part of usage.iterations ?? [usage]) {
        written += part.cache_creation_input_tokens;
        told.in += part.input_tokens + part.cache_creation_input_tokens;
        told.cached += part.cache_read_input_tokens;
        told.out += part.output_tokens;
      }
      trace.tell({ type: 'usage', ...told, ...(written > 0 ? { written } : {}) });
      if (delta.stop_reason) trace.tell({ type: 'stopped', reason: delta.stop_reason });
    }
  };
}
