/** What the tests of the package's own calls share. */

export const question = (prompt: string) => ({
  model: 'claude-sonnet-4-5',
  max_tokens: 100,
  messages: [{ role: 'user', content: prompt }],
});

/** Asks as an SDK does, and gives the status and the parsed answer. */
export async function ask(
  url: string,
  prompt: string,
  headers: Record<string, string> = {},
): Promise<{ status: number; body: Record<string, unknown>; source: string | null }> {
  const answer = await fetch(`${url}/v1/messages`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'x-api-key': 'dummy',
      'anthropic-version': '2023-06-01',
      ...headers,
    },
    body: JSON.stringify(question(prompt)),
  });
  return { status: answer.status, body: await answer.json(), source: answer.headers.get('x-mock-source') };
}

/** The text of an answer. */
export const textOf = ({ body }: { body: Record<string, unknown> }): string =>
  (body['content'] as { text?: string }[]).map(({ text = '' }) => text).join('');

/** A stand-in for Gemini that says `text`, and notes the keys that it was given. */
export function standIn(text: string) {
  const keys: (string | null)[] = [];
  const server = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    fetch: (request) => {
      keys.push(request.headers.get('x-goog-api-key'));
      const candidates = [{ index: 0, content: { role: 'model', parts: [{ text }] }, finishReason: 'STOP' }];
      const chunk = { candidates, usageMetadata: { promptTokenCount: 3, candidatesTokenCount: 1 } };
      return new Response(`data: ${JSON.stringify(chunk)}\r\n\r\n`, {
        headers: { 'content-type': 'text/event-stream' },
      });
    },
  });
  return { url: server.url.origin, keys, stop: () => server.stop(true) };
}
