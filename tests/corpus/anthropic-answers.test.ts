/**
 * The recorded requests to Anthropic, sent to the proxy over HTTP: taken or refused as the contract says, and answered with the
 * blocks, deltas and keys that Anthropic's API has given. Gemini says what Anthropic's model has said.
 */
import { beforeAll, describe, expect, test } from 'bun:test';
import { addShapes, type ReadAnswer, readAnswer, type Shapes } from '../support/corpus/answer-shapes.ts';
import { hasCorpus, type Recording, recordings } from '../support/corpus/corpus.ts';
import {
  GOOGLE_FAILS,
  ONLY_HERE,
  ONLY_THERE,
  OTHERWISE,
  type Refusal,
} from '../support/corpus/expected-refusals.ts';
import { geminiSays } from '../support/corpus/gemini-says.ts';
import { BLOCKS_GIVEN_OTHERWISE, NOT_GIVEN, NULL_HERE_ALONE } from '../support/corpus/keys-not-given.ts';
import { scriptedGoogle } from '../support/google/scripted-google.ts';
import { googleStream } from '../support/proxy.ts';

const ALL = recordings('anthropic');
/** Of the others the request was not recorded. */
const SENT = ALL.filter(({ request }) => request.body !== null);
const isAnswer = ({ kind }: Recording) => kind === 'stream' || kind === 'json';

const HELLO = JSON.stringify({ stop_reason: 'end_turn', content: [{ type: 'text', text: 'Hello.' }] });

type Outcome = { recording: Recording; status: number; body: string };

const failureOf = ({ kind, id }: Recording) =>
  kind === 'error' ? GOOGLE_FAILS.find(([pattern]) => pattern.test(id))?.[1] : undefined;

/** The answer ended in an error after it had begun. */
const brokeOff = (recording: Recording) => isAnswer(recording) && readAnswer(recording.response.body).error;

/** The proxy's answers to requests that come one after the other. */
async function send(recorded: readonly Recording[]): Promise<Outcome[]> {
  let now: Recording | undefined;
  /** What Gemini has still to say of the answer. */
  let left: object[][] = [];
  const google = scriptedGoogle(({ count }) => {
    const fail = now && failureOf(now);
    if (fail) return fail();
    if (count) return Response.json({ totalTokens: 42 });
    return googleStream(...(left.shift() ?? []));
  });
  await using proxy = await google.start({ MODEL_FALLBACKS: 'none' });
  const sent: Outcome[] = [];
  for (const recording of recorded) {
    now = recording;
    left = geminiSays(readAnswer(isAnswer(recording) ? recording.response.body : HELLO));
    const { path, query, body, headers = {} } = recording.request;
    const own = Object.entries(headers).filter(([name]) => /^(anthropic-|user-agent$)/.test(name));
    const search = new URLSearchParams(query).toString();
    const answer = proxy
      .send(`${path}${search === '' ? '' : `?${search}`}`, body, Object.fromEntries(own))
      .then(async (head) => ({ status: head.status, body: await head.text() }));
    sent.push({ recording, ...(await google.through(answer)) });
  }
  return sent;
}

let outcomes: Outcome[] = [];
beforeAll(async () => {
  if (!hasCorpus) return;
  const failing = SENT.filter((recording) => failureOf(recording) ?? brokeOff(recording));
  outcomes = await send(SENT.filter((recording) => !failing.includes(recording)));
  // A failure is remembered of its key and its model, so each has a proxy of its own.
  for (const recording of failing) outcomes.push(...(await send([recording])));
  outcomes.sort((a, b) => SENT.indexOf(a.recording) - SENT.indexOf(b.recording));
}, 60_000);

const endOf = <T>(rows: Readonly<Record<string, T>>, id: string): T | undefined =>
  Object.entries(rows).find(([end]) => id.endsWith(end))?.[1];

const onlyHere = ({ request }: Recording) => ONLY_HERE.find(([, is]) => is(request.body))?.[2];

/** What must come of the request; undefined where it must be answered. */
function expected(recording: Recording): Refusal | undefined {
  if (recording.kind !== 'error') return recording.kind === 'count_tokens' ? undefined : onlyHere(recording);
  if (endOf(ONLY_THERE, recording.id) !== undefined) return undefined;
  const { error } = JSON.parse(recording.response.body);
  return (
    endOf(OTHERWISE, recording.id)?.[1] ?? {
      status: recording.response.status,
      type: error.type,
      message: /./,
    }
  );
}

/** This model thinks unasked. A client of the proxy that did not ask for thinking gets none: it may read the first block alone. */
const UNASKED = /followup-response-streaming-9e321a$/;

const answered = (): Outcome[] =>
  outcomes.filter(({ recording }) => isAnswer(recording) && !expected(recording));
const comparable = () => answered().filter(({ recording }) => !UNASKED.test(recording.id));

describe.skipIf(!hasCorpus)('recorded requests to Anthropic', () => {
  test('are as many as known', () => {
    expect(ALL.length).toBeGreaterThanOrEqual(202);
    expect(outcomes.length).toBe(SENT.length);
    expect(answered().length).toBeGreaterThanOrEqual(140);
  });

  test('are taken, or refused with the status and the type that the contract says', () => {
    const told = outcomes.map(({ recording, status, body }) => {
      const error = status === 200 ? undefined : JSON.parse(body).error;
      return { id: recording.id, status, type: error?.type };
    });
    const wanted = SENT.map((recording) => {
      const refusal = expected(recording);
      return { id: recording.id, status: refusal?.status ?? 200, type: refusal?.type };
    });
    expect(told).toEqual(wanted);
  });

  test('are refused in words that name the reason', () => {
    const wrong = outcomes.filter(({ recording, body }) => {
      const refusal = expected(recording);
      return refusal && !refusal.message.test(JSON.parse(body).error.message);
    });
    expect(wrong.map(({ recording, body }) => ({ id: recording.id, body }))).toEqual([]);
  });

  test('leave no row of the expected refusals without a request', () => {
    const ids = SENT.map(({ id }) => id);
    const ends = [...Object.keys(ONLY_THERE), ...Object.keys(OTHERWISE)];
    expect(ends.filter((end) => !ids.some((id) => id.endsWith(end)))).toEqual([]);
    expect(
      ONLY_HERE.filter(([, is]) => !SENT.some(({ request }) => is(request.body))).map(([why]) => why),
    ).toEqual([]);
  });

  test('for token counts are answered with the keys that were recorded', () => {
    const counts = outcomes.filter(({ recording }) => recording.kind === 'count_tokens');
    expect(counts.length).toBeGreaterThanOrEqual(5);
    for (const { recording, body } of counts) {
      expect(JSON.parse(body)).toMatchObject({ input_tokens: 42 });
      const keys = Object.keys(JSON.parse(recording.response.body));
      expect(Object.keys(JSON.parse(body))).toEqual(expect.arrayContaining(keys));
    }
  });
});

/** The citations of documents and search results, without white space at the ends of what is cited. */
const citationsOf = ({ blocks }: ReadAnswer) =>
  blocks
    .flatMap(({ citations }) => (Array.isArray(citations) ? citations : []))
    .flatMap((citation) => {
      const { type, cited_text: cited, end_char_index: end, ...place } = Object(citation);
      if (type === 'web_search_result_location') return [];
      const [text, words] = [String(cited), String(cited).trimEnd()];
      return [{ type, words, ...place, end: end && end - (text.length - words.length) }];
    });

/** A block of text without words says nothing. */
const isTold = ({ type, text }: ReadAnswer['blocks'][number]): boolean => type !== 'text' || Boolean(text);

const PLAIN = new Set(['text', 'thinking', 'tool_use']);
const isPlain = ({ blocks }: ReadAnswer) => blocks.every(({ type }) => PLAIN.has(type));

/** Types of blocks in order. Texts or thoughts in a row are one: Gemini's parts have no borders. */
const orderOf = ({ blocks }: ReadAnswer): string =>
  blocks
    .filter(isTold)
    .map(({ type }) => type)
    .filter((type, index, all) => type === 'tool_use' || type !== all[index - 1])
    .join(' ');

describe.skipIf(!hasCorpus)('answers to recorded requests', () => {
  test('have the recorded blocks in their order, and the recorded end', () => {
    const pairs = comparable().flatMap(({ recording, body }) => {
      const there = readAnswer(recording.response.body);
      return isPlain(there) ? [{ id: recording.id, there, here: readAnswer(body) }] : [];
    });
    const view = (id: string, answer: ReadAnswer) => ({
      id,
      order: orderOf(answer),
      stopReason: answer.stopReason,
      stopSequence: answer.stopSequence ?? null,
      error: answer.error?.['type'],
    });
    expect(pairs.length).toBeGreaterThan(90);
    expect(pairs.map(({ id, here }) => view(id, here))).toEqual(
      pairs.map(({ id, there }) => view(id, there)),
    );
  });

  test('have the recorded types of blocks, or those in which Gemini tells the same', () => {
    const wrong = comparable().flatMap(({ recording, body }) => {
      const there = new Set(
        readAnswer(recording.response.body)
          .blocks.filter(isTold)
          .map(({ type }) => type),
      );
      const here = new Set(readAnswer(body).blocks.map(({ type }) => type));
      const missing = [...there].filter(
        (type) => !here.has(type) && !BLOCKS_GIVEN_OTHERWISE[type]?.is(recording.request.body),
      );
      return missing.length === 0 ? [] : [{ id: recording.id, missing, here: [...here] }];
    });
    expect(wrong).toEqual([]);
  });

  test('cite the recorded places of documents and search results', () => {
    const pairs = comparable()
      .map(({ recording, body }) => ({
        there: citationsOf(readAnswer(recording.response.body)),
        here: citationsOf(readAnswer(body)),
      }))
      .filter(({ there }) => there.length > 0);
    expect(pairs.map(({ here }) => here)).toEqual(pairs.map(({ there }) => there));
    expect(pairs.length).toBeGreaterThanOrEqual(2);
  });

  test('have the recorded keys in each kind of object, but for those that are told', () => {
    const [there, here]: [Shapes, Shapes] = [new Map(), new Map()];
    for (const recording of ALL.filter(isAnswer))
      addShapes(there, readAnswer(recording.response.body).shapes);
    for (const { body } of comparable()) addShapes(here, readAnswer(body).shapes);
    // Whether a ping comes depends on how long an answer takes.
    there.delete('event ping');
    const missing = [...there].flatMap(([kind, keys]) =>
      here.has(kind)
        ? [...keys].filter((key) => !here.get(kind)?.has(key)).map((key) => `${kind}: ${key}`)
        : [kind],
    );
    expect(missing.toSorted()).toEqual(Object.keys(NOT_GIVEN).toSorted());
  });

  /** Some clients take a key that is not there, or one with a value, and refuse null. */
  test('have null in known keys only where a recorded answer has it, but for what is told', () => {
    const [known, nullThere, nullHere]: [Shapes, Shapes, Shapes] = [new Map(), new Map(), new Map()];
    for (const recording of ALL.filter(isAnswer)) {
      const there = readAnswer(recording.response.body);
      addShapes(known, there.shapes);
      // What was scrubbed may be null because of that.
      if (recording.source.fidelity !== 'scrubbed') addShapes(nullThere, there.nulls);
    }
    for (const { body } of comparable()) addShapes(nullHere, readAnswer(body).nulls);
    const odd = [...nullHere].flatMap(([kind, keys]) =>
      [...keys]
        .filter((key) => known.get(kind)?.has(key) && !nullThere.get(kind)?.has(key))
        .map((key) => `${kind}: ${key}`),
    );
    expect(odd.toSorted()).toEqual(Object.keys(NULL_HERE_ALONE).toSorted());
  });
});
