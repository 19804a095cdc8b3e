import { expect, test } from 'bun:test';
import { says, scriptedGoogle } from '../../support/google/scripted-google.ts';
import { hello } from '../../support/proxy.ts';

async function usageWith(beta: string) {
  const google = scriptedGoogle((asked) => says(asked));
  await using proxy = await google.start();
  const answer = proxy.send('/v1/messages', { ...hello }, beta === '' ? {} : { 'anthropic-beta': beta });
  return (await (await google.through(answer)).json()).usage;
}

test('a request with the beta of the advisor is told the tokens of its only iteration, in `usage`', async () => {
  const { iterations, ...usage } = await usageWith('effort-2025-11-24, advisor-tool-2026-03-01');
  const {
    output_tokens_details: _,
    server_tool_use: __,
    service_tier: ___,
    inference_geo: ____,
    ...tokens
  } = usage;
  expect(iterations).toEqual([{ type: 'message', model: hello.model, ...tokens }]);
});

test.each(['', 'effort-2025-11-24'])('a request with the betas "%s" is not', async (beta) => {
  expect(await usageWith(beta)).not.toHaveProperty('iterations');
});
