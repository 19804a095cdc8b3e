/** The examples of the API description are real, and fit its schemas; and so does what else the proxy answers. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { ERROR_STATUS } from '../../../src/anthropic/errors.ts';
import shown from '../../../src/http/api-description/example-answers.json' with { type: 'json' };
import { EXAMPLE_REQUESTS } from '../../../src/http/api-description/example-requests.ts';
import type { Operation } from '../../../src/http/api-description/operation-words.ts';
import { OPERATIONS } from '../../../src/http/api-description/operations.ts';
import type { DescribedRoute } from '../../../src/http/route-table.ts';
import { isEventStream } from '../../../src/sim/cassette/forms.ts';
import type { RecordedRequest } from '../../../src/sim/cassette/types.ts';
import { checker, descriptionOf, eventsIn } from '../../support/api-description.ts';
import { exampleAnswers } from '../../support/api-examples.ts';
import { startProxy, type TestProxy } from '../../support/proxy.ts';
import { turnFixtures } from '../../support/turn-fixtures.ts';

const routes = Object.entries(OPERATIONS) as [DescribedRoute, Operation][];
const requests = routes.flatMap(([route]) =>
  Object.entries(EXAMPLE_REQUESTS[route] ?? {}).map(
    ([name, { body }]) => [`${route} ${name}`, route, body] as const,
  ),
);

let proxy: TestProxy;
let check: ReturnType<typeof checker>;
let strictly: ReturnType<typeof checker>;
beforeAll(async () => {
  proxy = await startProxy({ env: { MOCK_PACE: 'instant' } });
  const document = await descriptionOf(proxy.send);
  check = checker(document, false);
  strictly = checker(document, true);
});
afterAll(() => proxy[Symbol.asyncDispose]());

/** What is wrong with a stream. */
const faultsOfStream = (text: string): string[] =>
  eventsIn(text).flatMap(({ name, data }) => [
    ...strictly('MessageStreamEvent', data),
    ...((data as { type: string }).type === name ? [] : [`the event ${name} has another type`]),
  ]);

const schemaOf = (route: DescribedRoute, status: number): string | undefined =>
  (OPERATIONS[route] as Operation).answers[status]?.content['application/json'];

test('the answers that are shown are those of today (else: bun scripts/api-examples.ts)', async () => {
  expect<unknown>(shown).toEqual(await exampleAnswers());
  // Each comes from a proxy of its own.
}, 60_000);

test.each(requests)('%s: is accepted by the schema and by the proxy', async (_name, route, body) => {
  expect(check(OPERATIONS[route as 'POST /v1/messages'].body, body)).toEqual([]);
  const response = await proxy.send(route.split(' ')[1] ?? '', body);
  expect(response.status).toBe(200);
  const text = await response.text();
  const isStream = response.headers.get('content-type')?.startsWith('text/event-stream');
  expect(isStream ? faultsOfStream(text) : strictly(schemaOf(route, 200) ?? '', JSON.parse(text))).toEqual(
    [],
  );
});

describe('an answer that is shown fits its schema, which names every property', () => {
  const answers = Object.entries(shown.answers).flatMap(([route, all]) =>
    all.map((one) => [`${route} ${one.status} ${one.name}`, route as DescribedRoute, one] as const),
  );
  test.each(answers)('%s', (_name, route, { status, value }) => {
    expect(
      typeof value === 'string' ? faultsOfStream(value) : strictly(schemaOf(route, status) ?? '', value),
    ).toEqual([]);
  });

  test('every answer of every operation has one', () => {
    const wanted = routes.flatMap(([route, { answers }]) =>
      Object.entries<Operation['answers'][number]>(answers)
        // Bytes of a file, lines of results, and metrics have no example.
        .filter(([, { content }]) => 'application/json' in content)
        .map(([status]) => `${route} ${status}`),
    );
    const had = answers.map(([, route, { status }]) => `${route} ${status}`);
    expect(wanted.filter((one) => !had.includes(one))).toEqual([]);
  });
});

describe('an error that is shown', () => {
  test.each(shown.errors)('$name: fits the schema, and is of its operations', ({ status, value, tags }) => {
    expect(strictly('ErrorResponse', value)).toEqual([]);
    const { type } = value.error;
    const told = routes.filter(
      ([, { tag, errors, moreStatuses = [] }]) =>
        tags.includes(tag) &&
        (errors.some((one) => one === type && ERROR_STATUS[one] === status) ||
          moreStatuses.some((more) => more === status)),
    );
    expect(told.length).toBeGreaterThan(0);
  });

  test('every type has one', () => {
    const types = new Set(shown.errors.map(({ value }) => value.error.type));
    expect(Object.keys(ERROR_STATUS).filter((type) => !types.has(type))).toEqual([]);
  });
});

describe('whatever else is answered', () => {
  const isStream = ({ answer }: RecordedRequest) => isEventStream(answer.headers);
  const golden = (keep: (recorded: RecordedRequest) => boolean) =>
    turnFixtures()
      .filter(({ recorded }) => keep(recorded))
      .map(({ name, recorded }) => [name, new TextDecoder().decode(recorded.answer.bytes)] as const);

  test.each(golden(isStream))('the stream of the turn %s fits', (_name, text) => {
    expect(faultsOfStream(text)).toEqual([]);
  });

  test.each(golden((recorded) => !isStream(recorded)))('the answer to the turn %s fits', (_name, text) => {
    const value: { type?: string } = JSON.parse(text);
    const name = { error: 'ErrorResponse', message: 'Message' }[value.type ?? ''] ?? 'TokenCount';
    expect(strictly(name, value)).toEqual([]);
  });
});
