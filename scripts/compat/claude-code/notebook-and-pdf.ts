/** A cell of a notebook changed, and a PDF read: Google gets the bytes of the file. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeAssets } from '../../../tests/support/made/assets.ts';
import { type Bench, type Case, must, mustContain } from '../case.ts';
import { ask, mustBeServed } from './claude.ts';

const cell = (id: string, source: string) => ({
  cell_type: 'code',
  execution_count: 1,
  id,
  metadata: {},
  outputs: [{ name: 'stdout', output_type: 'stream', text: ['41\n'] }],
  source: [source],
});
const NOTEBOOK = {
  cells: [cell('first', 'print(41)'), cell('second', "print('ünchanged')")],
  metadata: { language_info: { name: 'python' } },
  nbformat: 4,
  nbformat_minor: 5,
};

async function run(bench: Bench): Promise<void> {
  const at = (name: string) => join(bench.project, name);
  writeFileSync(at('sums.ipynb'), JSON.stringify(NOTEBOOK));
  writeAssets({ png: at('pic.png'), pdf: at('doc.pdf') });
  const google = bench.google();
  const proxy = await bench.proxy(google);
  const said = await ask(bench, proxy, { prompt: 'compat: mend the notebook and read the paper' });
  const { cells } = JSON.parse(readFileSync(at('sums.ipynb'), 'utf8'));
  const sources = cells.map(({ source }: { source: string | string[] }) => [source].flat().join(''));
  must(
    JSON.stringify(sources) === JSON.stringify(['print(6 * 7)', "print('ünchanged')"]),
    () => `the cells are ${JSON.stringify(sources)}; ${said.results.join(' ')}`,
  );
  const sent = JSON.stringify(google.asked.findLast(({ caller }) => caller === 'main')?.body.contents);
  mustContain(sent, 'print(41)', 'what Google was shown of the notebook');
  mustContain(sent, readFileSync(at('doc.pdf')).toString('base64'), 'what Google was shown of the PDF');
  mustContain(sent, '"mimeType":"application/pdf"', 'what Google was shown of the PDF');
  mustContain(said.result, 'The notebook is mended, the paper read', 'the answer');
  mustContain(said.result, 'application/pdf', 'the answer');
  mustBeServed(proxy);
}

export const notebookAndPdf: Case = {
  name: 'notebook-and-pdf',
  what: 'A notebook changed, a PDF read',
  seconds: 90,
  run,
};
