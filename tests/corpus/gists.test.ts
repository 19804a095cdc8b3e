/** What Claude Code really sent, in versions 2.1.113 to 2.1.330: a loose replay finds the same conversation in all of them. */
import { describe, expect, test } from 'bun:test';
import { readClientGist } from '../../src/http/taping/client-gist.ts';
import { CLIENT_NAMES } from '../../src/http/taping/client-names.ts';
import { CLIENT_NOISE } from '../../src/http/taping/client-wire.ts';
import { type NamedGist, nameGist } from '../../src/sim/gist.ts';
import { withoutNoise } from '../../src/sim/match.ts';
import { hasCorpus, recordings } from '../support/corpus/corpus.ts';

type Found = { id: string; version: string; gist: NamedGist | undefined };

const VERSION = /^claude-cli\/(\S+)/;

function read(): Found[] {
  return recordings('anthropic').flatMap(({ id, request }) => {
    const { method, path, body, headers = {} } = request;
    const version = VERSION.exec(headers['user-agent'] ?? '')?.[1];
    if (version === undefined || !body) return [];
    const [served = ''] = path.split('?');
    const asked = { method, path: served, query: '', headers, body: JSON.stringify(body) };
    const quiet = withoutNoise(body, CLIENT_NOISE);
    const gist = readClientGist(asked, quiet);
    return [{ id, version, gist: gist && nameGist(gist, asked, quiet, CLIENT_NAMES) }];
  });
}

describe.skipIf(!hasCorpus)('the gist of a recorded request', () => {
  const found = read();

  /** The versions that share a gist, for each gist of this kind and length. */
  const shared = (caller: string, length: number): string[][] => {
    const those = found.filter(({ gist }) => gist?.caller === caller && gist.length >= length);
    return [...Map.groupBy(those, ({ gist }) => gist?.key).values()].map((same) =>
      [...new Set(same.map(({ version }) => version))].sort(),
    );
  };

  test('is there for each', () => {
    expect(found.length).toBeGreaterThan(20);
    expect(found.filter(({ gist }) => gist === undefined)).toEqual([]);
  });

  test('is one for all titles of the same session', () => {
    expect(shared('title', 1)).toContainEqual(['2.1.113', '2.1.196', '2.1.198', '2.1.202', '2.1.233']);
  });

  test.each([
    ['a first prompt', 1, ['2.1.113', '2.1.198', '2.1.233']],
    ['a conversation with the report of a subagent', 3, ['2.1.113', '2.1.233']],
  ])('is one for %s', (_name, length, versions) => {
    expect(shared('main', length)).toContainEqual(versions);
  });
});
