/**
 * `bun scripts/api-examples.ts` asks the proxy for the answers that the API description shows, and writes them into
 * `example-answers.json`. A test says when that is necessary.
 */
import { join } from 'node:path';
import { exampleAnswers } from '../tests/support/api-examples.ts';

const FILE = join(import.meta.dir, '../src/http/api-description/example-answers.json');

await Bun.write(FILE, JSON.stringify(await exampleAnswers(), null, 2));
await Bun.$`bunx biome format --write ${FILE}`.quiet();
console.log(`written: ${FILE}`);
process.exit(0);
