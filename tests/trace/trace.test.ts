import { describe, expect, test } from 'bun:test';
import type { TraceEvent } from '../../src/trace/events.ts';
import { type Subscriber, Trace } from '../../src/trace/trace.ts';

/** A clock that counts how often it is read. */
function countedClock(moments: readonly number[]) {
  const clock = {
    reads: 0,
    monotonic: () => moments[clock.reads++] ?? Number.NaN,
  };
  return clock;
}

function hearing(): { heard: [id: string, event: TraceEvent][]; subscriber: Subscriber } {
  const heard: [string, TraceEvent][] = [];
  return { heard, subscriber: (id) => (event) => heard.push([id, event]) };
}

const trace = (
  clock: { monotonic(): number },
  subscribers: readonly Subscriber[],
  id = 'req_1',
  onFailure: (error: unknown) => void = (error) => expect.unreachable(String(error)),
) => new Trace({ id, startedAt: 1_000, clock, subscribers, onFailure });

describe('the story of a request', () => {
  test('each event is heard in order, with the time since the request was received', () => {
    const { heard, subscriber } = hearing();
    const story = trace(countedClock([1_000, 1_250]), [subscriber]);
    story.tell({ type: 'first-content' });
    story.tell({ type: 'end', status: 200, clientLeft: false });
    expect(heard).toEqual([
      ['req_1', { type: 'first-content', ms: 0 }],
      ['req_1', { type: 'end', status: 200, clientLeft: false, ms: 250 }],
    ]);
  });

  test('all who listen hear the same event', () => {
    const [one, other] = [hearing(), hearing()];
    trace(countedClock([1_007]), [one.subscriber, other.subscriber]).tell({ type: 'head' });
    expect(one.heard).toEqual([['req_1', { type: 'head', ms: 7 }]]);
    expect(other.heard[0]?.[1]).toBe(one.heard[0]?.[1] as TraceEvent);
  });

  test('names that clients make up are heard without their secrets', () => {
    const { heard, subscriber } = hearing();
    const story = new Trace({
      id: 'req_1',
      startedAt: 0,
      clock: countedClock([1, 2, 3]),
      subscribers: [subscriber],
      shownName: (name) => name.replace('secret', '***'),
      onFailure: (error) => expect.unreachable(String(error)),
    });
    story.tell({ type: 'asked', model: 'a-secret', stream: true, caller: 'secret', agent: 'secret' });
    story.tell({ type: 'model-replaced', from: 'secret-1', to: 'secret-2' });
    expect(heard.map(([, event]) => event)).toEqual([
      { type: 'asked', model: 'a-***', stream: true, caller: 'secret', agent: '***', ms: 1 },
      { type: 'model-replaced', from: '***-1', to: '***-2', ms: 2 },
    ]);
  });

  test('a listener that throws is told of, and neither the teller nor the others notice', () => {
    const { heard, subscriber } = hearing();
    const broken = new Error('broken');
    const breaking: Subscriber = () => () => {
      throw broken;
    };
    const failures: unknown[] = [];
    const story = trace(countedClock([1_007]), [breaking, subscriber], 'req_1', (error) => {
      failures.push(error);
    });
    story.tell({ type: 'head' });
    expect([heard, failures]).toEqual([[['req_1', { type: 'head', ms: 7 }]], [broken]]);
  });

  test('a subscriber is asked once for each request, and tells the requests apart', () => {
    const asked: string[] = [];
    const { heard, subscriber } = hearing();
    const counting: Subscriber = (id) => {
      asked.push(id);
      return subscriber(id);
    };
    const stories = ['req_1', 'req_2'].map((id) => trace(countedClock([1_000, 1_000]), [counting], id));
    for (const story of [...stories, ...stories]) story.tell({ type: 'head' });
    expect(asked).toEqual(['req_1', 'req_2']);
    expect(heard.map(([id]) => id)).toEqual(['req_1', 'req_2', 'req_1', 'req_2']);
  });

  test('where nobody listens not even the clock is read', () => {
    const clock = countedClock([]);
    trace(clock, []).tell({ type: 'first-content' });
    expect(clock.reads).toBe(0);
  });
});
