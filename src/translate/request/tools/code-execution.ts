/** Translates Anthropic's code execution: Gemini writes and runs Python while it answers. */
import type { HostedTool } from './hosted-tool.ts';

/** The version whose blocks hold code. Later ones hold commands of a shell. */
const OF_CODE = 'code_execution_20250522';

export const CODE_EXECUTION: HostedTool = {
  gemini: { codeExecution: {} },
  forced: 'Run code before you answer.',
  refuse: () => {},
  instructions: () => [],
  plan: ({ type }) => ({ code: { name: type === OF_CODE ? 'code_execution' : 'bash_code_execution' } }),
};
