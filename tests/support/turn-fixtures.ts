/** The turns in `fixtures/turns`: each is a client request with all that upstream said, and its result. */

import { listRecording, nameOf, readRecordedRequest } from '../../src/sim/cassette/read.ts';
import type { RecordedRequest } from '../../src/sim/cassette/types.ts';
import { TURNS } from './turns/folder.ts';

export type TurnFixture = { name: string; folder: string; recorded: RecordedRequest };

/** All of them, in the order of their names. Throws for one that cannot be read. */
export const turnFixtures = (): TurnFixture[] =>
  listRecording(TURNS).map((folder) => ({
    name: nameOf(folder),
    folder,
    recorded: readRecordedRequest(folder),
  }));
