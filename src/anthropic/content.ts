/**
 * Anthropic's content blocks as clients send them (Messages API, contract section 5). Objects stay open: an
 * unknown field is accepted, an unknown block type is not. A block that is missing here has no row in
 * `translate/request/blocks`, and the build breaks until it has one.
 */
import { type Static, type TProperties, type TSchema, Type } from '@sinclair/typebox';

/** An object that may hold more than what is named. */
export const Open = <P extends TProperties>(properties: P) =>
  Type.Object(properties, { additionalProperties: true });

const block = <T extends string, P extends TProperties>(type: T, properties: P) =>
  Open({ type: Type.Literal(type), ...properties });

const Nullable = <S extends TSchema>(schema: S) => Type.Union([schema, Type.Null()]);

/** Prompt-cache marker; Gemini caches by itself, so it is accepted and not needed. */
const CacheControl = Type.Optional(Nullable(Open({ type: Type.String() })));
const Anything = Type.Optional(Type.Unknown());

export const TextBlock = block('text', {
  text: Type.String(),
  citations: Anything,
  cache_control: CacheControl,
});

const Base64Source = block('base64', { media_type: Type.String(), data: Type.String() });
const UrlSource = block('url', { url: Type.String() });
const FileSource = block('file', { file_id: Type.String() });
const TextSource = block('text', { media_type: Type.Optional(Type.String()), data: Type.String() });

export const ImageBlock = block('image', {
  source: Type.Union([Base64Source, UrlSource, FileSource]),
  cache_control: CacheControl,
});

/** `content` source: a document made of text and images. */
const ContentSource = block('content', {
  content: Type.Union([Type.String(), Type.Array(Type.Union([TextBlock, ImageBlock]))]),
});

export const DocumentBlock = block('document', {
  source: Type.Union([Base64Source, TextSource, ContentSource, UrlSource, FileSource]),
  title: Type.Optional(Nullable(Type.String())),
  context: Type.Optional(Nullable(Type.String())),
  citations: Anything,
  cache_control: CacheControl,
});

export const SearchResultBlock = block('search_result', {
  source: Type.String(),
  title: Type.String(),
  content: Type.Array(TextBlock),
  citations: Anything,
  cache_control: CacheControl,
});

/**
 * What another provider thought has no signature, and what a session's file has lost none any more. Thoughts are not sent back, so nothing
 * depends on either.
 */
const Leftover = Type.Optional(Nullable(Type.String()));

export const ThinkingBlock = block('thinking', { thinking: Leftover, signature: Leftover });
export const RedactedThinkingBlock = block('redacted_thinking', { data: Leftover });

export const ToolUseBlock = block('tool_use', {
  id: Type.String({ minLength: 1 }),
  name: Type.String({ minLength: 1 }),
  /** Left out, or null, where a tool takes nothing. */
  input: Anything,
  caller: Anything,
  cache_control: CacheControl,
});

export const ToolReferenceBlock = block('tool_reference', {
  tool_name: Type.String(),
  cache_control: CacheControl,
});

/** What a browser tool saw; opaque here. */
export const BrowserStateBlock = block('browser_state', { cache_control: CacheControl });

/** What a tool_result may hold, beside a plain string. */
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
  cache_control: CacheControl,
});

// ── history of server-side tools: echoed by clients, flattened to text ────────────────────────────────────────

const serverCall = <T extends string>(type: T) =>
  block(type, { id: Type.String(), name: Type.String(), input: Anything, cache_control: CacheControl });

const serverResult = <T extends string>(type: T) =>
  block(type, { tool_use_id: Type.String(), content: Anything, cache_control: CacheControl });

export const ServerToolUseBlock = serverCall('server_tool_use');
export const McpToolUseBlock = serverCall('mcp_tool_use');
export const WebSearchResultBlock = serverResult('web_search_tool_result');
export const WebFetchResultBlock = serverResult('web_fetch_tool_result');
export const CodeExecutionResultBlock = serverResult('code_execution_tool_result');
export const BashExecutionResultBlock = serverResult('bash_code_execution_tool_result');
export const TextEditorResultBlock = serverResult('text_editor_code_execution_tool_result');
export const ToolSearchResultBlock = serverResult('tool_search_tool_result');
export const AdvisorResultBlock = serverResult('advisor_tool_result');
export const McpResultBlock = serverResult('mcp_tool_result');
export const McpListingBlock = block('mcp_tool_listing', {});
export const ContainerUploadBlock = block('container_upload', { file_id: Type.String() });
export const CompactionBlock = block('compaction', { content: Type.Optional(Nullable(Type.String())) });
export const FallbackBlock = block('fallback', {});

/** Only inside a `role: system` message: a deferred tool is shown from here on, or hidden again. */
export const ToolAdditionBlock = block('tool_addition', {
  tool_name: Type.Optional(Type.String()),
  tool: Anything,
});
export const ToolRemovalBlock = block('tool_removal', {
  tool_name: Type.Optional(Type.String()),
  tool: Anything,
});

/** Every block type that a message may hold, by its `type`. */
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
