"""`pydantic-ai` as its users write it. Run with the name of a case; a case that finds something else than it should raises."""
import asyncio
import os
import sys
from pathlib import Path

from pydantic import BaseModel
from pydantic_ai import (
    Agent,
    BinaryContent,
    CodeExecutionTool,
    ModelHTTPError,
    NativeOutput,
    NativeToolCallPart,
    NativeToolReturnPart,
    TextPart,
    ThinkingPart,
    WebFetchTool,
    WebSearchTool,
)
from pydantic_ai.capabilities import Citations, NativeTool
from pydantic_ai.models.anthropic import AnthropicModel
from pydantic_ai.providers.anthropic import AnthropicProvider

COUNT = "one, two, three, four – fünf is too many"


def model(name="claude-opus-5-5"):
    provider = AnthropicProvider(base_url=os.environ["COMPAT_BASE_URL"], api_key=os.environ["COMPAT_KEY"])
    return AnthropicModel(name, provider=provider)


def must(holds, what):
    if not holds:
        raise AssertionError(what)


def equal(found, wanted, what):
    must(found == wanted, f"{what}: {found!r} for {wanted!r}")


def parts(result, kind):
    return [part for message in result.all_messages() for part in message.parts if isinstance(part, kind)]


def answer():
    result = Agent(model()).run_sync("compat sdk: count to four")
    equal(result.output, COUNT, "text")
    usage = result.usage
    must(usage.input_tokens > 0 and usage.output_tokens > 0, f"usage: {usage}")


def stream():
    async def run():
        async with Agent(model()).run_stream("compat sdk: count to four") as result:
            told = "".join([piece async for piece in result.stream_text(delta=True)])
            return told, result.usage

    told, usage = asyncio.run(run())
    equal(told, COUNT, "text")
    must(usage.input_tokens > 0 and usage.output_tokens > 0, f"usage: {usage}")


def thinking():
    settings = {"anthropic_thinking": {"type": "adaptive", "display": "summarized"}}
    result = Agent(model(), model_settings=settings).run_sync("compat sdk: count to four")
    thoughts = parts(result, ThinkingPart)
    must(len(thoughts) == 1 and "Four numbers are wanted." in thoughts[0].content, f"thoughts: {thoughts}")


def tools():
    asked = []
    agent = Agent(model())

    @agent.tool_plain
    def get_weather(city: str) -> str:
        """The weather of a city."""
        asked.append(city)
        return f"21 degrees in {city}"

    result = agent.run_sync("compat sdk: the weather in Oslo")
    equal(asked, ["Oslo"], "calls")
    equal(result.output, "The tool says: 21 degrees in Oslo", "text")


class Weather(BaseModel):
    city: str
    degrees: int
    sky: str


def structured():
    wanted = Weather(city="Tromsø", degrees=-7, sky="clear")
    for name, kind in (("a tool", Weather), ("the native way", NativeOutput(Weather))):
        equal(Agent(model(), output_type=kind).run_sync("compat sdk: the weather as data").output, wanted, name)


def count():
    async def run(text):
        from pydantic_ai.messages import ModelRequest
        from pydantic_ai.models import ModelRequestParameters

        return (await model().count_tokens([ModelRequest.user_text_prompt(text)], None, ModelRequestParameters())).input_tokens

    few, many = asyncio.run(run("compat sdk: count")), asyncio.run(run("compat sdk: count " * 100))
    must(0 < few < 50 and many > 10 * few, f"counts: {few}, {many}")


def web_search():
    agent = Agent(model(), capabilities=[NativeTool(WebSearchTool(max_uses=3))])
    result = agent.run_sync("compat sdk: search for the newest release of Bun")
    calls = parts(result, NativeToolCallPart)
    equal([call.tool_name for call in calls], ["web_search"], "calls")
    urls = [page["url"] for page in parts(result, NativeToolReturnPart)[0].content]
    equal(urls, ["https://example.com/release", "https://example.org/changes"], "pages")
    must("the newest release came out this month." in result.output, f"text: {result.output}")


def web_page():
    agent = Agent(model(), capabilities=[NativeTool(WebFetchTool(max_uses=2))])
    result = agent.run_sync("compat sdk: when was https://example.com/lighthouse built?")
    calls = parts(result, NativeToolCallPart)
    equal([call.tool_name for call in calls], ["web_fetch"], "calls")
    returned = parts(result, NativeToolReturnPart)[0].content
    equal(returned["url"], "https://example.com/lighthouse", "address")
    equal(result.output, "The lighthouse was built in 1871.", "text")


def code():
    agent = Agent(model(), capabilities=[NativeTool(CodeExecutionTool())])
    result = agent.run_sync("compat sdk: compute 6 * 7")
    returned = parts(result, NativeToolReturnPart)[0].content
    equal(returned["stdout"], "42\n", "output")
    equal(result.output, "It is 42.", "text")


def paper():
    file = BinaryContent(Path("doc.pdf").read_bytes(), media_type="application/pdf")
    result = Agent(model()).run_sync([file, "compat sdk: what is in the file?"])
    must("application/pdf" in result.output, f"the model has not seen the file: {result.output}")


def citations():
    paper = BinaryContent("The sky is blue.\nThe grass is green – très vert.\n".encode(), media_type="text/plain")
    agent = Agent(model(), capabilities=[Citations()])
    result = agent.run_sync([paper, "compat sdk: what colour is the grass?"])
    equal(result.output, "The paper says so: grass is green. No more is known.", "text")
    cited = [part for part in parts(result, TextPart) if part.citations]
    must(len(cited) == 1, f"citations: {cited}")
    must("The grass is green – très vert." in repr(cited[0].citations), f"place: {cited[0].citations}")


def pages():
    paper = BinaryContent(Path("doc.pdf").read_bytes(), media_type="application/pdf")
    agent = Agent(model(), capabilities=[Citations()])
    result = agent.run_sync([paper, "compat sdk: which page is for the tour?"])
    cited = [citation for part in parts(result, TextPart) for citation in part.citations or []]
    must(len(cited) == 1 and "page" in repr(cited[0]), f"citations: {cited}")


def errors():
    try:
        Agent(model("gpt-9")).run_sync("compat sdk: count to four")
    except ModelHTTPError as error:
        equal(error.status_code, 404, "status")
        must("model: gpt-9" in str(error.body), f"{error.body}")
    else:
        raise AssertionError("an unknown model is no error")


globals()[sys.argv[1].replace("-", "_")]()
