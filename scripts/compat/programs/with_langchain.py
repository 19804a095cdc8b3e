"""`langchain-anthropic` as its users write it. Run with the name of a case; a case that finds something else than it should raises."""
import base64
import os
import sys
from pathlib import Path

import anthropic
from langchain_anthropic import ChatAnthropic
from langchain_core.messages import HumanMessage, ToolMessage
from langchain_core.tools import tool
from pydantic import BaseModel

COUNT = "one, two, three, four – fünf is too many"


def chat(**more):
    return ChatAnthropic(
        model="claude-opus-5-5",
        max_tokens=4000,
        max_retries=0,
        base_url=os.environ["COMPAT_BASE_URL"],
        api_key=os.environ["COMPAT_KEY"],
        **more,
    )


def must(holds, what):
    if not holds:
        raise AssertionError(what)


def equal(found, wanted, what):
    must(found == wanted, f"{what}: {found!r} for {wanted!r}")


def answer():
    message = chat().invoke("compat sdk: count to four")
    equal(message.text, COUNT, "text")
    equal(message.response_metadata["stop_reason"], "end_turn", "stop reason")
    must(message.usage_metadata["input_tokens"] > 0 and message.usage_metadata["output_tokens"] > 0, "usage")


def stream():
    whole = None
    for chunk in chat().stream("compat sdk: count to four"):
        whole = chunk if whole is None else whole + chunk
    equal(whole.text, COUNT, "text")
    usage = whole.usage_metadata
    must(usage["input_tokens"] > 0 and usage["output_tokens"] > 0, f"usage: {usage}")
    equal(usage["total_tokens"], usage["input_tokens"] + usage["output_tokens"], "total of the usage")


def thinking():
    message = chat(thinking={"type": "adaptive", "display": "summarized"}).invoke("compat sdk: count to four")
    kinds = [block["type"] for block in message.content]
    equal(kinds, ["thinking", "text"], "blocks")
    must("Four numbers are wanted." in message.content[0]["thinking"], f"thinking: {message.content[0]}")


def tools():
    @tool
    def get_weather(city: str) -> str:
        """The weather of a city."""
        return f"21 degrees in {city}"

    bound = chat().bind_tools([get_weather])
    messages = [HumanMessage("compat sdk: the weather in Oslo")]
    message = bound.invoke(messages)
    equal([(call["name"], call["args"]) for call in message.tool_calls], [("get_weather", {"city": "Oslo"})], "calls")
    call = message.tool_calls[0]
    result = ToolMessage(get_weather.invoke(call["args"]), tool_call_id=call["id"])
    equal(bound.invoke([*messages, message, result]).text, "The tool says: 21 degrees in Oslo", "text")


class Weather(BaseModel):
    """The weather of a city."""

    city: str
    degrees: int
    sky: str


def structured():
    wanted = Weather(city="Tromsø", degrees=-7, sky="clear")
    for method in ("function_calling", "json_schema"):
        value = chat().with_structured_output(Weather, method=method).invoke("compat sdk: the weather as data")
        equal(value, wanted, f"value by {method}")


def count():
    few = chat().get_num_tokens_from_messages([HumanMessage("compat sdk: count")])
    many = chat().get_num_tokens_from_messages([HumanMessage("compat sdk: count " * 100)])
    must(0 < few < 50 and many > 10 * few, f"counts: {few}, {many}")


def web_search():
    tool = {"type": "web_search_20250305", "name": "web_search", "max_uses": 3}
    message = chat().bind_tools([tool]).invoke("compat sdk: search for the newest release of Bun")
    kinds = [block["type"] for block in message.content]
    equal(kinds[:2], ["server_tool_use", "web_search_tool_result"], "blocks")
    urls = [page["url"] for page in message.content[1]["content"]]
    equal(urls, ["https://example.com/release", "https://example.org/changes"], "pages")
    cited = [block for block in message.content if block.get("citations")]
    must(len(cited) > 0, f"no citation: {message.content}")


def web_page():
    tool = {"type": "web_fetch_20250910", "name": "web_fetch", "max_uses": 2}
    message = chat().bind_tools([tool]).invoke("compat sdk: when was https://example.com/lighthouse built?")
    kinds = [block["type"] for block in message.content]
    equal(kinds, ["server_tool_use", "web_fetch_tool_result", "text"], "blocks")
    equal(message.content[1]["content"]["url"], "https://example.com/lighthouse", "address")
    equal(message.text, "The lighthouse was built in 1871.", "text")


def code():
    tool = {"type": "code_execution_20250825", "name": "code_execution"}
    message = chat().bind_tools([tool]).invoke("compat sdk: compute 6 * 7")
    result = message.content[1]
    equal((result["type"], result["content"]["stdout"]), ("bash_code_execution_tool_result", "42\n"), "result")
    equal(message.text, "It is 42.", "text")


def paper():
    data = base64.b64encode(Path("doc.pdf").read_bytes()).decode()
    file = {"type": "file", "base64": data, "mime_type": "application/pdf"}
    question = {"type": "text", "text": "compat sdk: what is in the file?"}
    message = chat().invoke([HumanMessage([file, question])])
    must("application/pdf" in message.text, f"the model has not seen the file: {message.text}")


def citations():
    paper = {
        "type": "document",
        "title": "Colours",
        "source": {"type": "text", "media_type": "text/plain", "data": "The sky is blue.\nThe grass is green – très vert.\n"},
        "citations": {"enabled": True},
    }
    question = {"type": "text", "text": "compat sdk: what colour is the grass?"}
    message = chat().invoke([HumanMessage([paper, question])])
    cited = [block for block in message.content if block.get("citations")]
    equal([block["text"].strip() for block in cited], ["grass is green."], "cited texts")
    place = cited[0]["citations"][0]
    equal((place["type"], place["document_title"]), ("char_location", "Colours"), "place")
    equal(place["cited_text"].strip(), "The grass is green – très vert.", "words of the place")


def pages():
    data = base64.b64encode(Path("doc.pdf").read_bytes()).decode()
    source = {"type": "base64", "media_type": "application/pdf", "data": data}
    paper = {"type": "document", "source": source, "citations": {"enabled": True}}
    message = chat().invoke([HumanMessage([paper, {"type": "text", "text": "compat sdk: which page is for the tour?"}])])
    places = [place for block in message.content for place in block.get("citations") or []]
    equal([(place["type"], place["start_page_number"]) for place in places], [("page_location", 1)], "places")


def errors():
    broken = ChatAnthropic(
        model="gpt-9", base_url=os.environ["COMPAT_BASE_URL"], api_key=os.environ["COMPAT_KEY"], max_retries=0
    )
    try:
        broken.invoke("compat sdk: count to four")
    except anthropic.NotFoundError as error:
        must("model: gpt-9" in str(error), f"{error}")
    else:
        raise AssertionError("an unknown model is no error")


globals()[sys.argv[1].replace("-", "_")]()
