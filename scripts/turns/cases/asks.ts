/** Pieces of requests that many cases share. */
import type { MessagesRequest } from '../../../src/anthropic/request.ts';
import type { Tool } from '../../../src/anthropic/tool.ts';

const text = (description: string) => ({ type: 'string', description });

const tool = (name: string, description: string, properties: Record<string, unknown>): Tool => ({
  name,
  description,
  input_schema: {
    type: 'object',
    properties,
    required: Object.keys(properties),
    additionalProperties: false,
  },
});

export const BASH = tool('Bash', 'Runs a command.', { command: text('What to run') });
export const READ = tool('Read', 'Reads a file.', { file_path: text('Which file') });

export const ASK_TOOLS: Tool[] = [BASH, READ];

export const THINKING = (display: 'summarized' | 'omitted'): Partial<MessagesRequest> => ({
  thinking: { type: 'adaptive', display },
});
