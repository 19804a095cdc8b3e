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
