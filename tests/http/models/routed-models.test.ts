/** Models that Google answers with others from some day on. */
import { describe, expect, test } from 'bun:test';
import { says, scriptedGoogle } from '../../support/google/scripted-google.ts';
import { hello } from '../../support/proxy.ts';

const DAY_MS = 86_400_000;
const BODY = {
  ...hello,
  model: 'gemini-2.5-flash',
  max_tokens: 4_096,
  thinking: { type: 'enabled', budget_tokens: 2_048 },
  tools: [
    { type: 'web_search_20250305', name: 'web_search' },
    { name: 'add', input_schema: { type: 'object', properties: { a: { type: 'number' } } } },
  ],
};

/** What Google is asked, so many days after 2026-11-30. */
async function askedAfter(days: number, env: Record<string, string> = {}) {
  const google = scriptedGoogle((asked) => says(asked));
  google.clock.setWall(days * DAY_MS);
  await using proxy = await google.start(env);
  const answer = await google.through(proxy.send('/v1/messages', BODY));
  const { model } = await answer.json();
  const [asked] = google.asked;
  return { model, asked, body: JSON.parse(asked?.body ?? '{}') };
}

describe('gemini-2.5-flash', () => {
  test('is asked as itself until that day', async () => {
    const { body } = await askedAfter(0);
    expect(body.generationConfig.thinkingConfig).toMatchObject({ thinkingBudget: 2_048 });
    expect(body.tools).toMatchObject([{ functionDeclarations: [{ name: 'add' }, { name: 'web_search' }] }]);
  });

  test('is asked as the model that answers, by its own name, from that day on', async () => {
    const { asked, body, model } = await askedAfter(1);
    expect(asked?.model).toBe('gemini-2.5-flash');
    expect(body.generationConfig.thinkingConfig).toMatchObject({ thinkingLevel: 'low' });
    expect(body.tools).toMatchObject([{ googleSearch: {} }, { functionDeclarations: [{ name: 'add' }] }]);
    expect(model).toBe('gemini-2.5-flash');
  });

  test('so is a model that stands in for another', async () => {
    const { body } = await askedAfter(1, { MODEL_MAP: '{"gemini-2.5-flash":"gemini-2.5-pro"}' });
    expect(body.tools).toMatchObject([{ googleSearch: {} }, {}]);
  });
});
