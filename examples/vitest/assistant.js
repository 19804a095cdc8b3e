/** The program under test: an assistant with one tool, which the Anthropic SDK runs. */
import Anthropic from '@anthropic-ai/sdk';

const WEATHER = { Oslo: 'rain', Rome: 'sun' };

const TOOL = {
  name: 'get_weather',
  description: 'The weather in a town',
  input_schema: { type: 'object', properties: { town: { type: 'string' } }, required: ['town'] },
};

export async function answer(question, options) {
  const client = new Anthropic(options);
  const messages = [{ role: 'user', content: question }];
  for (;;) {
    const { content } = await client.messages.create({
      model: 'claude-sonnet-5',
      max_tokens: 200,
      tools: [TOOL],
      messages,
    });
    const calls = content.filter(({ type }) => type === 'tool_use');
    if (calls.length === 0) return content.map(({ text = '' }) => text).join('');
    const results = calls.map(({ id, input }) => ({
      type: 'tool_result',
      tool_use_id: id,
      content: WEATHER[input.town] ?? 'fog',
    }));
    messages.push({ role: 'assistant', content }, { role: 'user', content: results });
  }
}
