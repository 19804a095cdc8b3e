/**
 * Anthropic's content blocks as clients send them (Messages API, contract section 5). Objects stay open: an
 * unknown field is accepted, an unknown block type is not. A block that is missing here has no row in
 * `translate/request/blocks`, and the build breaks until it has one.
 */
import { type Static, type TProperties, Type } from '@sinclair/typebox';
import {
  CacheControl,
  free,
  ignored,
  Nullable,
  needless,
  Open,
  unchecked,
  withKeys,
} from './schema-words.ts';
import { Tool } from './tool.ts';

const block = <T extends string, P extends TProperties>(type: T, properties: P) =>
  Open({ type: Type.Literal(type), ...properties });

/** The wish for citations of a document. */
const CitationsWanted = unchecked(Open({ enabled: Type.Boolean() }));
/** The caller of a tool: the model, or code in a sandbox of Anthropic's. */
const Caller = needless(
  'every call was made by the model',
  unchecked(Open({ type: Type.String(), tool_id: Type.String() })),
);
const ToolsetName = needless('a result finds its call by its id alone');

export const TextBlock = block('text', {
  text: Type.String(),
  citations: needless('the sources of an earlier answer, whose text stands alone'),
  cache_control: CacheControl,
});

export const Base64Source = block('base64', { media_type: Type.String(), data: Type.String() });
export const UrlSource = block('url', { url: Type.String() });
export const FileSource = block('file', { file_id: Type.String() });
export const TextSource = block('text', {
  media_type: needless('text is sent as text', Type.Optional(Type.String())),
  data: Type.String(),
});

export const ImageBlock = block('image', {
  source: Type.Union([Base64Source, UrlSource, FileSource]),
  transformations: unchecked(
    Open({ oversized_image: ignored('Google scales pictures itself', ['downsize']) }),
  ),
  cache_control: CacheControl,
});

/** The source `content` of a document: the document is made of text and images. */
export const ContentSource = block('content', {
  content: Type.Union([Type.String(), Type.Array(Type.Union([TextBlock, ImageBlock]))]),
});

export const DocumentBlock = block('document', {
  source: Type.Union([Base64Source, TextSource, ContentSource, UrlSource, FileSource]),
  title: Type.Optional(Nullable(Type.String())),
  context: Type.Optional(Nullable(Type.String())),
  citations: CitationsWanted,
  cache_control: CacheControl,
});

export const SearchResultBlock = block('search_result', {
  source: Type.String(),
  title: Type.String(),
  content: Type.Array(TextBlock),
  citations: CitationsWanted,
  cache_control: CacheControl,
});

/**
 * Absent in a thought of another provider, or in one that was read from a session's file. Nothing depends on this
 * field.
 */
const Leftover = Type.Optional(Nullable(Type.String()));

export const ThinkingBlock = block('thinking', {
  thinking: needless('thoughts are not sent back', Leftover),
  signature: Leftover,
});
export const RedactedThinkingBlock = block('redacted_thinking', { data: Leftover });

export const ToolUseBlock = block('tool_use', {
  id: Type.String({ minLength: 1 }),
  name: Type.String({ minLength: 1 }),
  /** Absent or null where the tool has no arguments. */
  input: free('arguments, as the tool takes them'),
  caller: Caller,
  toolset_name: ToolsetName,
  cache_control: CacheControl,
});

export const ToolReferenceBlock = block('tool_reference', {
  tool_name: Type.String(),
  cache_control: CacheControl,
});

/** A block that the model is shown as JSON. */
const shownWhole = <T extends string, P extends TProperties>(type: T, properties: P) =>
  free('the model is shown its JSON', block(type, properties));

/** What a browser tool has seen. */
export const BrowserStateBlock = shownWhole('browser_state', { cache_control: CacheControl });

/** The blocks that a tool_result may have in place of a plain string. */
export const ToolResultContent = Type.Union([
  TextBlock,
  ImageBlock,
  DocumentBlock,
  SearchResultBlock,
  ToolReferenceBlock,
  BrowserStateBlock,
]);

export const ToolResultBlock = block('tool_result', {
  tool_use_id: Type.String({ minLength: 1 }),
  content: Type.Optional(Nullable(Type.Union([Type.String(), Type.Array(ToolResultContent)]))),
  is_error: Type.Optional(Nullable(Type.Boolean())),
  toolset_name: ToolsetName,
  cache_control: CacheControl,
});

// ── history of server-side tools: echoed by clients, flattened to text ────────────────────────────────────────

const serverCall = <T extends string, P extends TProperties>(type: T, more: P) =>
  block(type, {
    id: Type.String(),
    name: Type.String(),
    input: free('shown as its JSON'),
    cache_control: CacheControl,
    ...more,
  });

const encrypted = needless('only Anthropic can read it');
const failure = <T extends string>(tool: T) =>
  block(`${tool}_tool_result_error`, {
    error_code: Type.String(),
    error_message: ignored('the model is told the code alone'),
  });

/**
 * The blocks from which the text of a result is made (`translate/request/tools/server-tools.ts`). Any other block in a
 * result is shown as its JSON.
 */
export const ServerResultContent = Type.Union([
  TextBlock,
  ImageBlock,
  DocumentBlock,
  ToolReferenceBlock,
  block('web_search_result', {
    title: Type.String(),
    url: Type.String(),
    page_age: Nullable(Type.String()),
    encrypted_content: encrypted,
  }),
  block('web_fetch_result', {
    url: Type.String(),
    content: DocumentBlock,
    retrieved_at: needless('the document is what it was'),
  }),
  block('tool_search_tool_search_result', { tool_references: Type.Array(ToolReferenceBlock) }),
  block('advisor_result', { text: Type.String(), stop_reason: needless('the text is all there is') }),
  failure('web_search'),
  failure('web_fetch'),
  failure('code_execution'),
  failure('bash_code_execution'),
  failure('text_editor_code_execution'),
  failure('tool_search'),
  failure('advisor'),
]);

const serverResult = <T extends string, P extends TProperties>(type: T, more: P) =>
  block(type, {
    tool_use_id: Type.String(),
    content: unchecked(Type.Union([ServerResultContent, Type.Array(ServerResultContent)])),
    cache_control: CacheControl,
    ...more,
  });

export const ServerToolUseBlock = serverCall('server_tool_use', { caller: Caller });
export const McpToolUseBlock = serverCall('mcp_tool_use', {
  server_name: ignored('the model is told the name of the tool alone'),
});
export const WebSearchResultBlock = serverResult('web_search_tool_result', { caller: Caller });
export const WebFetchResultBlock = serverResult('web_fetch_tool_result', { caller: Caller });
export const CodeExecutionResultBlock = serverResult('code_execution_tool_result', {});
export const BashExecutionResultBlock = serverResult('bash_code_execution_tool_result', {});
export const TextEditorResultBlock = serverResult('text_editor_code_execution_tool_result', {});
export const ToolSearchResultBlock = serverResult('tool_search_tool_result', {});
export const AdvisorResultBlock = serverResult('advisor_tool_result', {});
export const McpResultBlock = serverResult('mcp_tool_result', {
  is_error: ignored('the model is shown the content alone', [false]),
});
export const McpListingBlock = shownWhole('mcp_tool_listing', {});
export const ContainerUploadBlock = block('container_upload', {
  file_id: Type.String(),
  cache_control: CacheControl,
});
/**
 * What `tool_addition` and `tool_removal` may contain in place of a plain name: a reference to a declared tool, or a
 * declaration.
 */
const ToolChange = unchecked(
  Type.Union([
    Tool,
    block('tool_reference', { name: Type.String(), tool_name: Type.String() }),
    block('tool_definition', { definition: Tool }),
  ]),
);
const toolChange = <T extends string>(type: T) =>
  block(type, {
    tool_name: Type.Optional(Type.String()),
    tool: ToolChange,
    cache_control: CacheControl,
  });

/** A change of tools in the part of the conversation that was summarised. */
const ToolChangeEntry = Type.Unsafe<{ type: string; tool_name?: string; tool?: unknown }>(
  withKeys(
    Open({ type: Type.String() }),
    Type.Union([toolChange('tool_addition'), toolChange('tool_removal')]),
  ),
);

export const CompactionBlock = block('compaction', {
  content: Type.Optional(Nullable(Type.String())),
  encrypted_content: encrypted,
  signature: Type.Optional(Nullable(Type.String())),
  tool_changes: Type.Optional(Nullable(Type.Array(ToolChangeEntry))),
  cache_control: CacheControl,
});
export const FallbackBlock = free('it says which model answered', block('fallback', {}));

/**
 * This block may be only in a `role: system` message. It says that a deferred tool is shown from here on, or is hidden
 * again.
 */
export const ToolAdditionBlock = toolChange('tool_addition');
export const ToolRemovalBlock = toolChange('tool_removal');

/** The schemas of all block types that a message may have, by the block's `type`. */
export const CONTENT_BLOCKS = {
  text: TextBlock,
  image: ImageBlock,
  document: DocumentBlock,
  search_result: SearchResultBlock,
  thinking: ThinkingBlock,
  redacted_thinking: RedactedThinkingBlock,
  tool_use: ToolUseBlock,
  tool_result: ToolResultBlock,
  tool_reference: ToolReferenceBlock,
  browser_state: BrowserStateBlock,
  server_tool_use: ServerToolUseBlock,
  mcp_tool_use: McpToolUseBlock,
  web_search_tool_result: WebSearchResultBlock,
  web_fetch_tool_result: WebFetchResultBlock,
  code_execution_tool_result: CodeExecutionResultBlock,
  bash_code_execution_tool_result: BashExecutionResultBlock,
  text_editor_code_execution_tool_result: TextEditorResultBlock,
  tool_search_tool_result: ToolSearchResultBlock,
  advisor_tool_result: AdvisorResultBlock,
  mcp_tool_result: McpResultBlock,
  mcp_tool_listing: McpListingBlock,
  container_upload: ContainerUploadBlock,
  compaction: CompactionBlock,
  fallback: FallbackBlock,
  tool_addition: ToolAdditionBlock,
  tool_removal: ToolRemovalBlock,
} as const;

export type BlockType = keyof typeof CONTENT_BLOCKS;
export type BlockOf<T extends BlockType> = Static<(typeof CONTENT_BLOCKS)[T]>;
export type ContentBlock = { [T in BlockType]: BlockOf<T> }[BlockType];

export type TextBlock = Static<typeof TextBlock>;
export type ImageBlock = Static<typeof ImageBlock>;
export type DocumentBlock = Static<typeof DocumentBlock>;
export type ToolUseBlock = Static<typeof ToolUseBlock>;
export type ToolResultBlock = Static<typeof ToolResultBlock>;
export type ToolResultContent = Static<typeof ToolResultContent>;
