/** An MCP server over stdio whose one tool requires an argument that it does not declare, as some real servers do. */

const TOOL = {
  name: 'look_up',
  description: 'Looks an entry of the ledger up',
  inputSchema: {
    type: 'object',
    properties: { entry: { type: 'string' } },
    required: ['entry', 'cloudId'],
  },
};

type Message = {
  id?: number;
  method: string;
  params?: { protocolVersion?: string; arguments?: { entry?: string } };
};

const ANSWERS: Readonly<Record<string, (message: Message) => object>> = {
  initialize: ({ params }) => ({
    protocolVersion: params?.protocolVersion ?? '2025-06-18',
    capabilities: { tools: {} },
    serverInfo: { name: 'ledger', version: '1' },
  }),
  'tools/list': () => ({ tools: [TOOL] }),
  'tools/call': ({ params }) => ({
    content: [{ type: 'text', text: `1200 for ${params?.arguments?.entry}` }],
  }),
};

for await (const line of console) {
  const message: Message = JSON.parse(line);
  if (message.id === undefined) continue;
  const result = ANSWERS[message.method]?.(message) ?? {};
  console.log(JSON.stringify({ jsonrpc: '2.0', id: message.id, result }));
}

export {};
