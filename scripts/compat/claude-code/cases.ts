/** The cases of Claude Code, in the order of the table. */
import type { Case } from '../case.ts';
import { autoModeDangerous, autoModeSafe } from './auto-mode.ts';
import { compact } from './compact.ts';
import { context } from './context.ts';
import { jsonSchema } from './json-schema.ts';
import { notebookAndPdf } from './notebook-and-pdf.ts';
import { autoCompact, overflow } from './overflow.ts';
import { resume } from './resume.ts';
import { task } from './task.ts';
import { webFetch } from './web-fetch.ts';
import { webSearch } from './web-search.ts';

export const CLAUDE_CODE_CASES: readonly Case[] = [
  task,
  webSearch,
  webFetch,
  context,
  compact,
  autoCompact,
  overflow,
  jsonSchema,
  notebookAndPdf,
  resume,
  autoModeSafe,
  autoModeDangerous,
];
