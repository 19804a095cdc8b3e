/** What becomes of each block and of each type of tool in a request, with the test that shows it. */
import type {
  BetaContentBlockParam,
  BetaToolUnion,
} from '@anthropic-ai/sdk/resources/beta/messages/messages';
import type { BlockType } from '../../src/anthropic/content.ts';
import type { EditKind } from '../../src/anthropic/context-edits.ts';
import { IN, type Row, row, type Shown } from './row.ts';

const servedCall = row(
  "Google's own part where Google ran it, a `functionCall` where the proxy did; otherwise text that names the tool and its input",
  IN.blocks,
);
const servedResult = row('text: what the tool gave, without what only Anthropic can read', IN.blocks);
const hostedResult = (shown: Shown) =>
  row(
    "Google's own part where Google ran the tool, a `functionResponse` where the proxy did; otherwise text: what the tool gave",
    shown,
  );

export const BLOCKS = {
  text: row('a text part', IN.blocks),
  image: row(
    'a part with its bytes, or its URI where Google reads that',
    'tests/translate/request/media/inline-media.test.ts',
  ),
  document: row('a PDF: a part with its bytes; text: a tagged text', IN.blocks),
  search_result: row('a tagged text with its source and title', IN.blocks),
  thinking: row(
    'its signature goes back on the part that it came with; foreign ones are left out: Google refuses them',
    'tests/translate/request/signatures.test.ts',
  ),
  redacted_thinking: row(
    'as `thinking`: it carries a signature',
    'tests/translate/request/signatures.test.ts',
  ),
  tool_use: row('`functionCall`', IN.blocks),
  tool_result: row('`functionResponse`, with media beside it or in it', IN.history),
  tool_reference: row('text that says that the tool is loaded; the tool is declared from there on', IN.tools),
  browser_state: row('text: its JSON', IN.keys),
  server_tool_use: servedCall,
  mcp_tool_use: row('text that names the tool and its input', IN.keys),
  web_search_tool_result: hostedResult('tests/http/hosted/search-beside-tools.test.ts'),
  web_fetch_tool_result: hostedResult(IN.pages),
  code_execution_tool_result: hostedResult(IN.pages),
  bash_code_execution_tool_result: hostedResult(IN.pages),
  text_editor_code_execution_tool_result: row('text: what the tool gave', IN.keys),
  tool_search_tool_result: row(
    'a `functionResponse` that says which tools are loaded, or text where the request has no such search',
    'tests/http/hosted/tool-search.test.ts',
  ),
  advisor_tool_result: row('text: what the tool gave', IN.keys),
  mcp_tool_result: servedResult,
  mcp_tool_listing: row('text: its JSON', IN.keys),
  container_upload: row(
    'the file, as a document or an image would be',
    'tests/http/media/files-in-requests.test.ts',
  ),
  compaction: row('takes the place of everything before it', 'tests/http/context/compaction.test.ts'),
  fallback: row("left out: it only says which of Anthropic's models answered", IN.keys),
  tool_addition: row('the tool is declared', IN.tools),
  tool_removal: row('the tool is no longer declared', IN.tools),
} as const satisfies Record<BlockType | BetaContentBlockParam['type'], Row>;

export type ToolRow = Row & {
  /** A 400 that names the tool, in place of an answer. */
  readonly isRefused?: true;
};
const refused = (why: string, shown: Shown): ToolRow => ({
  ...row(`refused: ${why}`, shown),
  isRefused: true,
});

const bash = row("a function with Anthropic's schema, which the client runs", IN.tools);
const editor = row("a function with Anthropic's schema, which the client runs", IN.tools);
const webSearch = row('`googleSearch`; domains and place of the user are told in words', IN.webSearch);
const notRun = (what: string, shown: Shown = IN.betas) =>
  refused(`${what} on Anthropic's servers, and Gemini has none`, shown);
const webFetch = row(
  '`urlContext`: pages are read that the conversation names; where Google cannot, a function that the proxy answers itself, under guard',
  IN.pages,
);
const code = row('`codeExecution`: Python, without files of earlier requests', IN.pages);
const computer = refused(
  'its schema is known to the models of Anthropic alone; declare a tool of your own',
  IN.refusals,
);
const toolSearch = row(
  'a function that the proxy answers itself: deferred tools are searched, found ones declared',
  'tests/http/hosted/tool-search.test.ts',
);

/** By the types that the SDK knows. */
export const TOOLS = {
  custom: row('`functionDeclarations`', IN.tools),
  bash_20241022: bash,
  bash_20250124: bash,
  text_editor_20241022: editor,
  text_editor_20250124: editor,
  text_editor_20250429: editor,
  text_editor_20250728: editor,
  memory_20250818: row("a function with Anthropic's schema, which the client runs", IN.tools),
  web_search_20250305: webSearch,
  web_search_20260209: webSearch,
  web_search_20260318: webSearch,
  web_fetch_20250910: webFetch,
  web_fetch_20260209: webFetch,
  web_fetch_20260309: webFetch,
  web_fetch_20260318: webFetch,
  code_execution_20250522: code,
  code_execution_20250825: code,
  code_execution_20260120: code,
  code_execution_20260521: code,
  tool_search_tool_bm25: toolSearch,
  tool_search_tool_bm25_20251119: toolSearch,
  tool_search_tool_regex: toolSearch,
  tool_search_tool_regex_20251119: toolSearch,
  computer_20241022: computer,
  computer_20250124: computer,
  computer_20251124: computer,
  computer_toolset_20260801: computer,
  browser_toolset_20260801: computer,
  advisor_20260301: notRun('the advisor is a model'),
  mcp_toolset: refused('it needs `mcp_servers`, which this proxy does not call', IN.refusals),
} as const satisfies Record<NonNullable<BetaToolUnion['type']>, ToolRow>;

export const EDITS = {
  clear_thinking: IN.edits,
  clear_tool_uses: IN.edits,
  compact: IN.edits,
} as const satisfies Record<EditKind, Shown>;
