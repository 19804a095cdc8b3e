/** Short ways to write messages and blocks, for tests over histories. */
import type { ContentBlock } from '../../src/anthropic/content.ts';
import type { Message } from '../../src/anthropic/request.ts';

export const user = (...content: ContentBlock[]): Message => ({ role: 'user', content });
export const model = (...content: ContentBlock[]): Message => ({ role: 'assistant', content });
export const system = (content: Message['content'], more: Partial<Message> = {}): Message => ({
  role: 'system',
  content,
  ...more,
});
export const say = (text: string): ContentBlock => ({ type: 'text', text });
export const call = (id: string, input: unknown = { id }): ContentBlock => ({
  type: 'tool_use',
  id,
  name: 'Bash',
  input,
});
export const result = (id: string, content = `out ${id}`): ContentBlock => ({
  type: 'tool_result',
  tool_use_id: id,
  content,
});
