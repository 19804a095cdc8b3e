/** The laws of an answer's events (ARCHITECTURE, "Invariants"), checked over any stream. Each violation is one line. */
import type { BlockDelta, MessageEvent } from '../../../src/anthropic/events.ts';
import type { AnswerBlock } from '../../../src/anthropic/message.ts';

/** The blocks that each delta may stand in. */
const GROWS = {
  text_delta: ['text'],
  citations_delta: ['text'],
  thinking_delta: ['thinking'],
  signature_delta: ['thinking'],
  compaction_delta: ['compaction'],
  input_json_delta: ['tool_use', 'server_tool_use'],
} satisfies Record<BlockDelta['type'], AnswerBlock['type'][]>;

export function violations(events: readonly MessageEvent[]): string[] {
  const found: string[] = [];
  const say = (law: string, ok: boolean) => {
    if (!ok) found.push(law);
  };
  say('message_start is first', events[0]?.type === 'message_start');
  say('one message_start', events.filter((event) => event.type === 'message_start').length === 1);
  let open: { index: number; type: string; signed: boolean } | undefined;
  let next = 0;
  let ending: 'none' | 'delta' | 'stop' | 'error' = 'none';
  for (const event of events) {
    say(
      `silence after the end (${event.type})`,
      ending === 'none' || (ending === 'delta' && event.type === 'message_stop'),
    );
    switch (event.type) {
      case 'content_block_start':
        say('one block open at a time', open === undefined);
        say(`index ${event.index} is the next`, event.index === next);
        next++;
        open = { index: event.index, type: event.content_block.type, signed: false };
        break;
      case 'content_block_delta': {
        say('delta of the open block', open?.index === event.index);
        say(
          `${event.delta.type} in ${open?.type}`,
          GROWS[event.delta.type].some((type) => type === open?.type),
        );
        say('nothing after the signature', !open?.signed);
        if (event.delta.type === 'signature_delta' && open) open.signed = true;
        break;
      }
      case 'content_block_stop':
        say('stop of the open block', open?.index === event.index);
        say('a thinking block ends with its signature', open?.type !== 'thinking' || open.signed);
        open = undefined;
        break;
      case 'message_delta':
        say('no block is open at the end', open === undefined);
        say('a stop_reason', event.delta.stop_reason !== null);
        ending = 'delta';
        break;
      case 'message_stop':
        say('message_delta before message_stop', ending === 'delta');
        ending = 'stop';
        break;
      case 'error':
        ending = 'error';
        break;
      case 'message_start':
      case 'ping':
        break;
    }
  }
  say('exactly one ending', ending === 'stop' || ending === 'error');
  return found;
}
