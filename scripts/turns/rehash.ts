/** Renews the hashes of a turn that somebody edited by hand; without that nothing would read it any more. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { EXPECTED, META, STREAM } from '../../src/sim/cassette/layout.ts';
import { ExchangeMeta, prettyJson, RequestMeta, readJsonFile, sha256 } from '../../src/sim/cassette/meta.ts';
import { listExchanges } from '../../src/sim/cassette/read.ts';
import { readStreamLines } from '../../src/sim/cassette/stream-lines.ts';

/** Returns the names of the files that had been edited. The origin of what Google said becomes `edited`. */
export function renewHashes(folder: string): string[] {
  const edited: string[] = [];
  for (const exchange of listExchanges(folder)) {
    const file = join(exchange, META);
    const meta = readJsonFile(ExchangeMeta, readFileSync(file, 'utf8'), file);
    const stream = join(exchange, STREAM);
    const { reads, end } = readStreamLines(readFileSync(stream, 'utf8'), stream);
    const bytes = Buffer.concat(reads.map((read) => read.bytes));
    const body = { length: bytes.length, reads: reads.length, sha256: sha256(bytes) };
    const sameEnd = meta.end.kind === end.kind && meta.end.side === end.side;
    if (body.sha256 === meta.body.sha256 && sameEnd) continue;
    edited.push(stream.slice(folder.length + 1));
    writeFileSync(file, prettyJson({ ...meta, body, end: { kind: end.kind, side: end.side } }));
  }
  const file = join(folder, META);
  const meta = readJsonFile(RequestMeta, readFileSync(file, 'utf8'), file);
  const origin = edited.length > 0 && meta.origin === 'live' ? 'edited' : meta.origin;
  const answer = answerBody(folder);
  if (answer.sha256 !== meta.answer.body.sha256) edited.push('the expected answer');
  if (edited.length > 0) {
    writeFileSync(file, prettyJson({ ...meta, origin, answer: { ...meta.answer, body: answer } }));
  }
  return edited;
}

function answerBody(folder: string): { length: number; sha256: string } {
  const files = [EXPECTED.stream, EXPECTED.whole].map((name) => join(folder, name)).filter(existsSync);
  const bytes = new Uint8Array(readFileSync(files[0] ?? join(folder, EXPECTED.stream)));
  return { length: bytes.length, sha256: sha256(bytes) };
}
