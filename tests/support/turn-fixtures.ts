/** The turns in `fixtures/turns`: each is a client request with all that upstream said, and its result. */

import { type Reading, readEach } from '../../src/sim/cassette/read.ts';
import type { RecordedRequest } from '../../src/sim/cassette/types.ts';
import { TURNS } from './turns/folder.ts';

export type TurnFixture = { name: string; folder: string; recorded: RecordedRequest };

/** All of them, in the order of their names. One that cannot be read has the reason instead of its contents. */
export const turnReadings = (): Reading[] => readEach(TURNS);

const readable = (): TurnFixture[] => turnReadings().filter((reading) => 'recorded' in reading);

/** Those that can be read, and are as they should be. `tests/turns.test.ts` has a failing test for each of the others. */
export const turnFixtures = (): TurnFixture[] => readable().filter(({ recorded }) => !recorded.fails);

/** Those of bugs that are not mended yet. */
export const knownFailures = (): TurnFixture[] => readable().filter(({ recorded }) => recorded.fails);
