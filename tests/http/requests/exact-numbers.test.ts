/** Numbers that JavaScript cannot hold, from the model to the client, and in the history back to the model. */
import { describe, expect, test } from 'bun:test';
import { googleError, hello, startProxy } from '../../support/proxy.ts';

const ID = '1234567890123456789';
const ARGS = `{"id":${ID},"price":1.0,"far":[1e400,-0]}`;
/** A client's number that no double can hold is refused. */
const HISTORY_ARGS = `{"id":${ID},"price":1.0,"far":[0.1000000000000000055,-0]}`;
const tool = { name: 't', input_schema: { type: 'object' } };

const chunk = (candidate: string) =>
  `{"candidates":[${candidate}],"usageMetadata":{"promptTokenCount":7.0,"candidatesTokenCount":"3"}}`;
const calls = (call: string) =>
  chunk(`{"content":{"parts":[{"functionCall":{"name":"t",${call}}}]},"index":0.0,"finishReason":"STOP"}`);
const tells = (call: string) =>
  chunk(`{"finishReason":"MALFORMED_FUNCTION_CALL","finishMessage":"Malformed function call: ${call}"}`);

/** A Google that answers with `json`, and keeps what it was sent. */
async function ask(json: string, body: object | string) {
  const sent: string[] = [];
  await using proxy = await startProxy({
    fetch: async (url, init) => {
      sent.push(String(init.body));
      return String(url).includes('streamGenerate')
        ? new Response(`data: ${json}\r\n\r\n`, { headers: { 'content-type': 'text/event-stream' } })
        : new Response(json, { headers: { 'content-type': 'application/json' } });
    },
  });
  const response = await fetch(`${proxy.url}/v1/messages`, {
    method: 'POST',
    headers: { 'anthropic-version': '2023-06-01', 'content-type': 'application/json' },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  return { status: response.status, text: await response.text(), sent };
}

describe.each([true, false])('digits of a call reach the client, stream: %p', (stream) => {
  const partial = `"partialArgs":[{"jsonPath":"$.id","numberValue":${ID}},{"jsonPath":"$.price","numberValue":1.0},{"jsonPath":"$.far[0]","numberValue":1e400},{"jsonPath":"$.far[1]","numberValue":-0}]`;
  test.each([
    ['as an object', calls(`"args":${ARGS}`), ARGS],
    ['as a text', calls(`"args":${JSON.stringify(ARGS)}`), ARGS],
    ['in pieces', calls(partial), ARGS],
    ['in a message', tells(`call:default_api:t{id:${ID},price:1.0}`), `{"id":${ID},"price":1.0}`],
  ])('%s', async (_name, json, args) => {
    const { text } = await ask(json, { ...hello, stream, tools: [tool] });
    expect(text).toContain(stream ? JSON.stringify(args) : `"input":${args}`);
    expect(text).toContain('"input_tokens":7');
    expect(text).toContain('"output_tokens":3');
  });
});

describe('digits of the client reach Google', () => {
  const end = '"model":"claude-opus-5-5","max_tokens":64.0';
  const history = `{${end},"tools":[{"name":"t","input_schema":{"type":"object"}}],"messages":[{"role":"user","content":"x"},
    {"role":"assistant","content":[{"type":"tool_use","id":"toolu_1","name":"t","input":${HISTORY_ARGS}}]},
    {"role":"user","content":[{"type":"tool_result","tool_use_id":"toolu_1","content":"1.0"}]}]}`;

  test('in the arguments of the history', async () => {
    const { status, sent } = await ask(calls('"args":{}'), history);
    expect(status).toBe(200);
    expect(sent[0]).toContain(`"args":${HISTORY_ARGS}`);
  });

  test('in the values of a tool’s schema, where integers are kept that would become others', async () => {
    const schema = `{"type":"object","properties":{"id":{"enum":[${ID}],"default":${ID}},"n":{"minimum":1.0,"maximum":9223372036854775807}}}`;
    const { sent } = await ask(
      calls('"args":{}'),
      `{${end},"messages":[{"role":"user","content":"x"}],"tools":[{"name":"t","input_schema":${schema},"input_examples":[${HISTORY_ARGS}]}]}`,
    );
    for (const digits of [
      `"enum":[${ID}]`,
      `"default":${ID}`,
      '"minimum":1,',
      '"maximum":9223372036854776000',
    ])
      expect(sent[0]).toContain(digits);
    expect(sent[0]).toContain(JSON.stringify(HISTORY_ARGS).slice(1, -1));
  });

  test('not in the bounds of a property that has the name of a keyword, which would be lost', async () => {
    const schema = `{"type":"object","properties":{"default":{"type":"integer","maximum":9223372036854775807,"enum":[${ID}]}}}`;
    const { sent } = await ask(
      calls('"args":{}'),
      `{${end},"messages":[{"role":"user","content":"x"}],"tools":[{"name":"t","input_schema":${schema}}]}`,
    );
    expect(sent[0]).toContain('"maximum":9223372036854776000');
    expect(sent[0]).toContain(`"enum":[${ID}]`);
  });

  test('also when the request is sent again without what was refused', async () => {
    const sent: string[] = [];
    await using proxy = await startProxy({
      fetch: async (_url, init) => {
        sent.push(String(init.body));
        const message = "Invalid value at 'tools[0].function_declarations[0].parameters'";
        return sent.length === 1
          ? googleError(400, 'INVALID_ARGUMENT', message)
          : new Response(calls('"args":{}'), { headers: { 'content-type': 'application/json' } });
      },
    });
    const response = await fetch(`${proxy.url}/v1/messages`, {
      method: 'POST',
      headers: { 'anthropic-version': '2023-06-01' },
      body: history,
    });
    expect(response.status).toBe(200);
    expect(sent).toHaveLength(2);
    expect(sent[1]).toContain(`"args":${HISTORY_ARGS}`);
  });
});
