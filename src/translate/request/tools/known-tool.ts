/** A tool of Anthropic's whose function Gemini must be told. */
import type { JsonObject } from '../../../lib/json.ts';

export type KnownTool = { name: string; description: string; schema: JsonObject };
