/** Redacts and writes what was seen of a request. This is the part of recording that needs much computing. */
import { linearPattern } from '../../lib/linear-pattern.ts';
import { FolderTaken } from '../cassette/files.ts';
import { writeRecordedRequest } from '../cassette/write.ts';
import { createRedactor, type OwnRule, type Redactor } from '../redact.ts';
import { finishRequest } from './finish.ts';
import type { ClientWire, RawRequest } from './raw.ts';
import { emptySummary, type RecordingSummary, summarise } from './summary.ts';

/** The options as plain data. `patterns` are the sources of the user's own patterns. */
export type WriterOptions = {
  secrets: readonly string[];
  patterns: readonly string[];
  wire: ClientWire;
};

/** The outcome of a write. `taken`: another process has written there, so nothing was written. */
export type Written = { kind: 'written'; summary: RecordingSummary } | { kind: 'taken' };

export type Writer = {
  write(path: string, raw: RawRequest): Promise<Written>;
  close(): void;
};

export const ownRule = (source: string): OwnRule => ({
  kind: 'own-pattern',
  source,
  find: linearPattern(source).find,
});

export const redactorWith = ({ secrets, patterns }: Pick<WriterOptions, 'secrets' | 'patterns'>): Redactor =>
  createRedactor(secrets, patterns.map(ownRule));

/** A writer that works in the calling thread. */
export function createWriter(options: WriterOptions): Writer {
  const redactor = redactorWith(options);
  return {
    async write(path, raw) {
      const recorded = finishRequest(raw, redactor, options.wire);
      try {
        await writeRecordedRequest(path, recorded, 'reject');
      } catch (error) {
        if (error instanceof FolderTaken) return { kind: 'taken' };
        throw error;
      }
      const summary = emptySummary();
      summarise(summary, recorded);
      return { kind: 'written', summary };
    },
    close() {},
  };
}
