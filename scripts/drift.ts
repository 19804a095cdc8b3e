/**
 * `bun run drift` finds out where the world differs from our tables. It looks at the types of `@google/genai`, at the
 * turns and recordings at hand (`CORPUS_DIR` among them) and, with a key, at the live API. Exit 0: it saw everything,
 * and nothing differs. 1: something differs. 2: nothing differs in what it saw, but something could not be looked at.
 */
import { join } from 'node:path';
import { readConfig } from '../src/config/config.ts';
import { openEnvFiles } from '../src/config/env-files.ts';
import { RECORDINGS } from '../src/config/program.ts';
import { TURNS } from '../tests/support/turns/folder.ts';
import { ACCEPTED } from './drift/accepted.ts';
import { lookAtLive } from './drift/live.ts';
import { judge } from './drift/look.ts';
import { lookAtCorpus, lookAtOwnRecordings, lookAtRequests } from './drift/recordings.ts';
import { lookAtSdk } from './drift/sdk.ts';

const config = readConfig({ ...openEnvFiles(process).atStart, BACKEND: 'mock' }, []);

const looks = [
  lookAtSdk(),
  lookAtRequests('the turns', [TURNS]),
  lookAtOwnRecordings(RECORDINGS),
  lookAtCorpus(process.env['CORPUS_DIR'] ?? join(import.meta.dir, '../../shared')),
  await lookAtLive({
    key: config.apiKeys[0],
    baseUrl: config.baseUrl,
    model: config.modelMap.small,
    fetch: globalThis.fetch,
  }),
];
const { lines, exitCode } = judge(looks, ACCEPTED);
for (const line of lines) console.log(line);
process.exitCode = exitCode;
