/** What becomes of each field of Gemini's answer, with the test that shows it. A field of ours without a row does not compile. */
import type { Candidate, GroundingMetadata, ResponsePart } from '../../src/gemini/wire.ts';
import { IN, type Row, row } from './row.ts';

type Told =
  | Exclude<keyof Candidate, 'content' | 'index'>
  | keyof ResponsePart
  | Exclude<keyof GroundingMetadata, 'webSearchQueries'>
  | 'webSearchQueries'
  | 'videoMetadata';

const PARTS = 'tests/translate/response/parts.test.ts';
const BESIDE = 'tests/http/hosted/search-beside-tools.test.ts';

export const ANSWERS = {
  text: row('`text`', PARTS),
  thought: row('`thinking`, where the request asks for it', PARTS),
  thoughtSignature: row(
    'goes back on its own part: in a thinking block, or kept here',
    'tests/translate/response/seams.test.ts',
  ),
  functionCall: row('`tool_use`', PARTS),
  functionResponse: row(
    'a result that Gemini made for its own call: neither is for the client',
    'tests/translate/response/undeclared-calls.test.ts',
  ),
  executableCode: row('`server_tool_use` where the request has the tool, else text', IN.pages),
  codeExecutionResult: row(
    '`code_execution_tool_result`, `bash_code_execution_tool_result`, else text',
    IN.pages,
  ),
  inlineData: row(
    'after code: a file of `/v1/files`, which the result names; else in words, since an answer of Anthropic has no block for media',
    'tests/http/media/files-of-code.test.ts',
  ),
  fileData: row('told in words, with its address', PARTS),
  toolCall: row('`server_tool_use` (`web_search`, `web_fetch`); goes back as it came', BESIDE),
  toolResponse: row('the end of that call; what was found is in the metadata', BESIDE),
  videoMetadata: row(
    'left out, with a warning, like any other part: nobody knows what it would say to a client',
    PARTS,
  ),
  groundingMetadata: row('`web_search_tool_result` before the text, and its citations', BESIDE),
  groundingChunks: row('`web_search_result`: the pages, with the search that found them', BESIDE),
  groundingSupports: row(
    '`web_search_result_location` on a block of exactly those bytes of the text; `cited_text` is empty',
    BESIDE,
  ),
  searchEntryPoint: row(
    'left out: suggestions of searches, as HTML, for which Anthropic has no place ([0047](decisions/0047-web-search.md))',
    BESIDE,
  ),
  webSearchQueries: row('the `query` of a search that Google does not tell in its place', BESIDE),
  urlContextMetadata: row('`web_fetch_tool_result` with the address and the status', IN.pages),
  citationMetadata: row(
    'a warning for each source: its words are out by then, and are only a part of their block',
    PARTS,
  ),
  safetyRatings: row('left out: what they lead to is the finishReason', PARTS),
  finishReason: row('`stop_reason`, see below', PARTS),
  finishMessage: row('`stop_details.explanation` of a refusal, or the words of the error', PARTS),
  continuationToken: row('the rest is asked for, as one answer', 'tests/http/recovery/long-answers.test.ts'),
} as const satisfies Record<Told, Row>;
