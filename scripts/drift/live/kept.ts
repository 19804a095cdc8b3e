/** Explicit caching: what may be kept, and what a request that uses it must not say. What is kept is let go at the end. */
import type { GeminiModel } from '../../../src/gemini/models.ts';
import { isObject, tryParseJson } from '../../../src/lib/json.ts';
import { PROSE } from './conversation.ts';
import type { Asked, Asker, Reply } from './google.ts';
import { compareReplies } from './probe.ts';
import { generatePath, HELLO, MOST_OUTPUT, post, says, user } from './requests.ts';

type Both = { google: Reply; ours: Reply };
/** The name that each side gave. */
type Names = { google: string; ours: string };

const LIFE = '60s';
/** Characters for each token of the least size: enough for every tokenizer. */
const CHARACTERS = 6;

/** A text of about this many characters. */
export const longText = (tokens: number): string =>
  PROSE.repeat(Math.ceil((tokens * CHARACTERS) / PROSE.length));

const nameIn = ({ text }: Reply): string => {
  const body = tryParseJson(text);
  return isObject(body) && typeof body['name'] === 'string' ? body['name'] : 'cachedContents/none';
};

export async function keptDifferences(
  { id, caching }: GeminiModel,
  other: GeminiModel,
  askers: { google: Asker; ours: Asker },
): Promise<string[]> {
  const differences: string[] = [];
  const ask = async (
    name: string,
    asked: (kept: Names, side: keyof Names) => Asked,
    names: Names,
    at = id,
  ) => {
    const of = (side: keyof Names) => askers[side](asked(names, side));
    const both: Both = { google: await of('google'), ours: await of('ours') };
    const probe = { name, model: at, asked: asked(names, 'google') };
    differences.push(...compareReplies(probe, both.google, both.ours));
    return both;
  };
  const none: Names = { google: '', ours: '' };
  const keep =
    (...contents: object[]) =>
    () =>
      post('cachedContents', { model: `models/${id}`, contents, ttl: LIFE });
  const use = (model: string, more: object) => (names: Names, side: keyof Names) =>
    post(generatePath(model), {
      ...says(HELLO),
      cachedContent: names[side],
      generationConfig: { maxOutputTokens: MOST_OUTPUT },
      ...more,
    });
  await ask('to keep what is too small', keep(HELLO), none);
  if (!caching) return differences;
  const kept = await ask('to keep a long text', keep(user({ text: longText(caching.minTokens) })), none);
  const names: Names = { google: nameIn(kept.google), ours: nameIn(kept.ours) };
  try {
    await ask('what is kept', use(id, {}), names);
    const instruction = { systemInstruction: { parts: [{ text: 'Be brief.' }] } };
    await ask('a system instruction beside what is kept', use(id, instruction), names);
    await ask('what another model keeps', use(other.id, {}), names, other.id);
    const lost: Names = { google: 'cachedContents/drift-none', ours: 'cachedContents/drift-none' };
    await ask('a name under which nothing is kept', use(id, {}), lost);
  } finally {
    const letGo = (side: keyof Names) => askers[side]({ method: 'DELETE', path: names[side] });
    if (kept.google.status === 200) await letGo('google');
    if (kept.ours.status === 200) await letGo('ours');
  }
  return differences;
}
