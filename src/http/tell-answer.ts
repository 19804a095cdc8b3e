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
      // The tokens of a summary are not among the figures of the answer.
      const parts = usage.iterations ?? [usage];
      const sum = (read: (part: (typeof parts)[number]) => number) =>
        parts.reduce((total, part) => total + read(part), 0);
      trace.tell({
        type: 'usage',
        in: sum((part) => part.input_tokens),
        cached: sum((part) => part.cache_read_input_tokens),
        out: sum((part) => part.output_tokens),
        thinking: usage.output_tokens_details.thinking_tokens,
      });
      if (delta.stop_reason) trace.tell({ type: 'stopped', reason: delta.stop_reason });
    }
  };
}
