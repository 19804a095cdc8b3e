"""`claude-agent-sdk` as its users write it. Run with the name of a case; a case that finds something else than it should raises."""
import asyncio
import os
import sys
from pathlib import Path

from claude_agent_sdk import (
    AssistantMessage,
    ClaudeAgentOptions,
    ClaudeSDKClient,
    ResultMessage,
    StreamEvent,
    TextBlock,
    ThinkingBlock,
    ToolUseBlock,
    create_sdk_mcp_server,
    query,
    tool,
)

COUNT = "one, two, three, four – fünf is too many"


def options(**more):
    env = {
        "ANTHROPIC_BASE_URL": os.environ["COMPAT_BASE_URL"],
        "ANTHROPIC_API_KEY": os.environ["COMPAT_KEY"],
        "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
        "DISABLE_AUTOUPDATER": "1",
        "IS_SANDBOX": "1",
    }
    return ClaudeAgentOptions(env=env, permission_mode="bypassPermissions", cwd=os.getcwd(), **more)


def must(holds, what):
    if not holds:
        raise AssertionError(what)


def equal(found, wanted, what):
    must(found == wanted, f"{what}: {found!r} for {wanted!r}")


def run(prompt, **more):
    async def collect():
        return [message async for message in query(prompt=prompt, options=options(**more))]

    messages = asyncio.run(collect())
    result = messages[-1]
    must(isinstance(result, ResultMessage) and not result.is_error, f"end: {result}")
    return messages, result


def blocks(messages, kind):
    return [
        block
        for message in messages
        if isinstance(message, AssistantMessage)
        for block in message.content
        if isinstance(block, kind)
    ]


def answer():
    messages, result = run("compat sdk: count to four")
    equal(result.result, COUNT, "result")
    equal([block.text for block in blocks(messages, TextBlock)], [COUNT], "texts")
    must(result.usage["output_tokens"] > 0, f"usage: {result.usage}")


def stream():
    messages, result = run("compat sdk: count to four", include_partial_messages=True)
    deltas = [message.event.get("delta", {}) for message in messages if isinstance(message, StreamEvent)]
    equal("".join(delta.get("text", "") for delta in deltas), COUNT, "text of the stream")
    equal(result.result, COUNT, "result")


def thinking():
    messages, _ = run("compat sdk: count to four", thinking={"type": "adaptive", "display": "summarized"})
    thoughts = "".join(block.thinking for block in blocks(messages, ThinkingBlock))
    must("Four numbers are wanted." in thoughts, f"thoughts: {thoughts!r}")


def tools():
    asked = []

    @tool("get_weather", "The weather of a city", {"city": str})
    async def get_weather(args):
        asked.append(args["city"])
        return {"content": [{"type": "text", "text": f"21 degrees in {args['city']}"}]}

    server = create_sdk_mcp_server("weather", tools=[get_weather])
    messages, result = run("compat sdk: the weather in Oslo", mcp_servers={"weather": server})
    equal(asked, ["Oslo"], "calls")
    must("21 degrees in Oslo" in result.result, f"result: {result.result}")


def structured():
    schema = {
        "type": "object",
        "properties": {"city": {"type": "string"}, "degrees": {"type": "integer"}, "sky": {"type": "string"}},
        "required": ["city", "degrees", "sky"],
    }
    _, result = run("compat sdk: the weather as data", output_format={"type": "json_schema", "schema": schema})
    equal(result.structured_output, {"city": "Tromsø", "degrees": -7, "sky": "clear"}, "value")


def task():
    Path("notes.txt").write_text("alpha – 一\nbèta – 二\n")
    messages, result = run("compat: mend the notes")
    equal([block.name for block in blocks(messages, ToolUseBlock)], ["Read", "Edit", "Bash"], "tools")
    equal(Path("notes.txt").read_text(), "alpha – 一\ngamma – 三\n", "file")
    must("gamma – 三" in result.result, f"result: {result.result}")


def session():
    async def talk():
        async with ClaudeSDKClient(options=options()) as client:
            for prompt in ("compat sdk: count to four. Watchword of this conversation: otter-12", "compat: what was the watchword?"):
                await client.query(prompt)
                result = [message async for message in client.receive_response()][-1]
        return result

    result = asyncio.run(talk())
    equal(result.result, "The watchword is otter-12.", "second turn")
    _, resumed = run("compat: what was the watchword?", resume=result.session_id)
    equal(resumed.result, "The watchword is otter-12.", "resumed")


globals()[sys.argv[1].replace("-", "_")]()
