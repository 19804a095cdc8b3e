/** The types of an answer's events, as Anthropic's contract has them (sections 7 and 13), read from the contract and not from our code. */

type Shape = string | readonly Shape[] | { readonly [key: string]: Shape };

const COUNT = 'count';
const USAGE: Shape = {
  input_tokens: COUNT,
  cache_creation_input_tokens: COUNT,
  cache_read_input_tokens: COUNT,
  cache_creation: { ephemeral_5m_input_tokens: COUNT, ephemeral_1h_input_tokens: COUNT },
  output_tokens: COUNT,
  output_tokens_details: { thinking_tokens: COUNT },
};

const BLOCKS: Readonly<Record<string, Shape>> = {
  text: { text: 'string' },
  thinking: { thinking: 'string', signature: 'string' },
  tool_use: { id: 'string', name: 'name', input: 'object' },
};

const DELTAS: Readonly<Record<string, Shape>> = {
  text_delta: { text: 'string' },
  thinking_delta: { thinking: 'string' },
  signature_delta: { signature: 'string' },
  input_json_delta: { partial_json: 'string' },
};

const STOP_REASONS: readonly unknown[] = [
  'end_turn',
  'max_tokens',
  'stop_sequence',
  'tool_use',
  'refusal',
  'model_context_window_exceeded',
];

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const IS: Readonly<Record<string, (value: unknown) => boolean>> = {
  string: (value) => typeof value === 'string' && value.isWellFormed(),
  count: (value) => Number.isSafeInteger(value) && Number(value) >= 0,
  object: isObject,
  name: (value) => typeof value === 'string' && /^[a-zA-Z0-9_-]{1,128}$/.test(value),
};

function wrong(value: unknown, shape: Shape, path: string): string[] {
  if (typeof shape === 'string') {
    return IS[shape]?.(value) ? [] : [`${path} is no ${shape}: ${JSON.stringify(value)}`];
  }
  if (!isObject(value)) return [`${path} is no object`];
  return Object.entries(shape).flatMap(([key, inner]) => wrong(value[key], inner, `${path}.${key}`));
}

/** What is wrong with `event`, parsed from what a client gets; a line for each. */
export function contractViolations(event: unknown): string[] {
  if (!isObject(event)) return ['no object'];
  const { type } = event;
  const inner = (name: string) => (isObject(event[name]) ? (event[name] as Record<string, unknown>) : {});
  switch (type) {
    case 'message_start':
      return wrong(inner('message'), { id: 'string', model: 'string', usage: USAGE }, 'message');
    case 'content_block_start': {
      const block = inner('content_block');
      const shape = BLOCKS[String(block['type'])];
      return shape ? wrong(block, shape, 'content_block') : [`block ${JSON.stringify(block)}`];
    }
    case 'content_block_delta': {
      const delta = inner('delta');
      const shape = DELTAS[String(delta['type'])];
      return shape ? wrong(delta, shape, 'delta') : [`delta ${JSON.stringify(delta)}`];
    }
    case 'message_delta': {
      const { stop_reason: reason, stop_details: details } = inner('delta');
      return [
        ...wrong(event['usage'], USAGE, 'usage'),
        ...(STOP_REASONS.includes(reason) ? [] : [`stop_reason ${JSON.stringify(reason)}`]),
        ...(details ? wrong(details, { explanation: 'string' }, 'stop_details') : []),
      ];
    }
    case 'error':
      return wrong(event, { error: { type: 'string', message: 'string' } }, 'event');
    default:
      return ['content_block_stop', 'message_stop', 'ping'].includes(String(type)) ? [] : [`event ${type}`];
  }
}
