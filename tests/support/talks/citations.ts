/** Documents and search results on which citations are enabled. */
export const citations = { enabled: true };
export const FACTS = 'The grass is green. 🌱 草是绿色的。 Cafe\u0301s are open. The sky is blue.';
export const text = (data: string, more: object = {}) => ({
  type: 'document',
  source: { type: 'text', media_type: 'text/plain', data },
  citations,
  ...more,
});
export const custom = (...blocks: string[]) => ({
  type: 'document',
  title: 'Notes',
  source: { type: 'content', content: blocks.map((one) => ({ type: 'text', text: one })) },
  citations,
});
export const result = (source: string, ...blocks: string[]) => ({
  type: 'search_result',
  source,
  title: `About ${source}`,
  content: blocks.map((one) => ({ type: 'text', text: one })),
  citations,
});
export const user = (...content: object[]) => ({
  role: 'user',
  content: [...content, { type: 'text', text: 'What colour?' }],
});

export const plain = (said: string) => ({ type: 'text', text: said });
