import { describe, expect, test } from 'bun:test';
import type { Detail } from '../../../src/inspector/shapes.ts';
import type { Fetch } from '../../../src/lib/ports.ts';
import { allEnded, Looker } from '../../support/clients/looker.ts';
import { googleError, googleStream, hello, startProxy, textChunk } from '../../support/proxy.ts';

const FAILS = 'fails';
const ENV = { MODEL_FALLBACKS: 'none', MAX_RETRIES: '0' };

type Sent = { content?: unknown; session?: string; agent?: string; answer: typeof FAILS | string };

/** Sends one request after the other; resolves with what the page shows of each. */
async function shownAfter(sent: readonly Sent[], env: Record<string, string> = {}): Promise<Detail[]> {
  const answers = sent.map(({ answer }) => answer);
  const google: Fetch = async () => {
    const answer = answers.shift();
    if (answer === undefined || answer === FAILS) return googleError(400, 'INVALID_ARGUMENT', 'no');
    return googleStream(textChunk(answer, 'STOP'));
  };
  await using proxy = await startProxy({ fetch: google, env: { ...ENV, ...env } });
  const ids: (string | null)[] = [];
  for (const { content = 'Go on.', session = 'one', agent } of sent) {
    const body = { ...hello, stream: true, messages: [{ role: 'user', content }] };
    const agents: Record<string, string> = agent === undefined ? {} : { 'x-claude-code-agent-id': agent };
    const headers = { 'x-claude-code-session-id': session, ...agents };
    const response = await proxy.send('/v1/messages', body, headers);
    await response.text();
    ids.push(response.headers.get('request-id'));
  }
  const looker = await (await Looker.at(proxy)).until(allEnded(sent.length));
  looker.leave();
  return await Promise.all(
    ids.map(async (id) => (await proxy.send(`/ui/api/requests/${id}`)).json() as Promise<Detail>),
  );
}

const marked = (mark: object) => [{ type: 'text', text: 'Go on.', ...mark }];
const failed = { answer: FAILS };
const answered = { answer: 'Here.' };

describe('a request that the client sends again after it failed', () => {
  test.each<[string, Sent, Sent, 'answered' | 'failed']>([
    ['and that is answered then', failed, answered, 'answered'],
    ['and that fails again', failed, failed, 'failed'],
    [
      'with the marks of its caches elsewhere',
      { ...failed, content: marked({ cache_control: { type: 'ephemeral' } }) },
      { ...answered, content: marked({}) },
      'answered',
    ],
    ['of a subagent', { ...failed, agent: 'a' }, { ...answered, agent: 'a' }, 'answered'],
  ])('%s', async (_name, first, second, end) => {
    const [before, after] = await shownAfter([first, second]);
    expect(before?.repeatedBy).toMatchObject({ id: after?.row.id, end, afterMs: expect.any(Number) });
    expect(after?.repeats).toMatchObject({ id: before?.row.id, status: before?.row.status });
    expect([before?.repeats, after?.repeatedBy]).toEqual([undefined, undefined]);
  });

  test('three times makes a chain, and no link leaves one out', async () => {
    const details = await shownAfter([failed, failed, answered]);
    const ids = details.map(({ row }) => row.id);
    expect(details.map(({ repeatedBy }) => repeatedBy?.id)).toEqual([ids[1], ids[2], undefined]);
    expect(details.map(({ repeats }) => repeats?.id)).toEqual([undefined, ids[0], ids[1]]);
  });
});

describe('a request is no repeat', () => {
  test.each<[string, Sent, Sent]>([
    ['of one that was answered', answered, answered],
    ['with other words', failed, { ...answered, content: 'Something else.' }],
    ['in another session', failed, { ...answered, session: 'two' }],
    ['of another subagent', { ...failed, agent: 'a' }, { ...answered, agent: 'b' }],
  ])('%s', async (_name, first, second) => {
    const details = await shownAfter([first, second]);
    expect(details.map(({ repeats, repeatedBy }) => repeats ?? repeatedBy)).toEqual([undefined, undefined]);
  });
});
