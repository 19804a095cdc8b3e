import { describe, expect, test } from 'bun:test';
import type { Changes, Conversation, Detail, Frames, Raw } from '../../../src/inspector/shapes.ts';
import type { Fetch } from '../../../src/lib/ports.ts';
import { allEnded, Looker } from '../../support/clients/looker.ts';
import { rowsOf } from '../../support/clients/shown-requests.ts';
import { heldUpstream, turns } from '../../support/google/held-upstream.ts';
import { googleStream, hello, startProxy, textChunk } from '../../support/proxy.ts';

const google: Fetch = async () => googleStream(textChunk('hi', 'STOP'));
const MEGABYTE = 1024 * 1024;

describe('a request whose texts were let go', () => {
  test('keeps its figures, time line and warnings; its texts say that they are gone', async () => {
    await using proxy = await startProxy({ fetch: google, env: { INSPECTOR_MEMORY: '1' } });
    const big = (letter: string) => ({
      ...hello,
      stream: true,
      top_k: 5,
      messages: [{ role: 'user', content: `${letter} `.repeat(MEGABYTE / 3) }],
    });
    for (const letter of ['a', 'b', 'c']) await (await proxy.send('/v1/messages', big(letter))).text();
    const [first] = await rowsOf(proxy, 3);
    const id = first?.id ?? '';
    const get = async <Answer>(path = ''): Promise<Answer> =>
      (await proxy.send(`/ui/api/requests/${id}${path}`)).json();
    const detail = await get<Detail>();
    expect([detail.hasTexts, detail.row.status, detail.row.in]).toEqual([false, 200, 30]);
    expect(detail.lines.map(({ label }) => label)).toContain('Attempt 1');
    expect(detail.warnings.map(({ path }) => path)).toContain('top_k');
    const { pairs, came } = await get<Changes>('/changes');
    expect([pairs, came.length <= 2]).toEqual([[], true]);
    expect((await get<Frames>('/frames')).frames).toEqual([]);
    expect((await get<Conversation>('/conversation')).fresh).toEqual([]);
    expect((await get<Raw>('/raw')).parts).toEqual([]);
    expect((await proxy.send(`/ui/api/requests/${id}/usage`)).status).toBe(200);
    expect((await proxy.send(`/ui/api/requests/${id}/text?at=came`)).status).toBe(404);
    for (const action of ['save', 'adopt', 'curl']) {
      const answer = await proxy.send(`/ui/api/requests/${id}/${action}`, {}, { 'x-inspector': '1' });
      expect([action, answer.status, (await answer.json()).error.message]).toEqual([
        action,
        400,
        expect.stringContaining('INSPECTOR_MEMORY'),
      ]);
    }
  });

  test('one that goes on can be looked at, and cannot be saved yet', async () => {
    const upstream = heldUpstream();
    await using proxy = await startProxy({ fetch: upstream.fetch });
    const looker = await Looker.at(proxy);
    const answer = proxy.send('/v1/messages', { ...hello, stream: true });
    await upstream.asked;
    upstream.openHead();
    await turns();
    upstream.push(textChunk('Good'));
    await looker.until(({ list }) => list[0]?.state === 'streaming');
    const base = `/ui/api/requests/${looker.list[0]?.id}`;
    const detail: Detail = await (await proxy.send(base)).json();
    expect([detail.row.state, detail.headline]).toEqual(['streaming', 'Under way.']);
    const { answer: said }: Conversation = await (await proxy.send(`${base}/conversation`)).json();
    expect(JSON.stringify(said?.blocks)).toContain('Good');
    const frames: Frames = await (await proxy.send(`${base}/frames`)).json();
    expect(frames.frames.map(({ says }) => says)).toEqual(['text “Good”']);
    const refused = await proxy.send(`${base}/save`, {}, { 'x-inspector': '1' });
    expect(refused.status).toBe(400);
    upstream.push(textChunk('bye', 'STOP'));
    upstream.close();
    await (await answer).text();
    await looker.until(allEnded(1));
    looker.leave();
  });
});
