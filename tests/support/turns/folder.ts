/** Where turn fixtures lie. */
import { join } from 'node:path';

export const TURNS = join(import.meta.dir, '../../../fixtures/turns');
