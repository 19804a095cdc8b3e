"""The Python SDK `anthropic` as its users write it. Run with the name of a case; a case that finds something else than it should raises."""
import base64
import os
import sys
import time
from pathlib import Path

import anthropic
from anthropic import Anthropic, beta_tool
from pydantic import BaseModel

MODEL = "claude-opus-5-5"
COUNT = "one, two, three, four – fünf is too many"
client = Anthropic(base_url=os.environ["COMPAT_BASE_URL"], api_key=os.environ["COMPAT_KEY"], max_retries=0)


def ask(text):
    return {"model": MODEL, "max_tokens": 2000, "messages": [{"role": "user", "content": f"compat sdk: {text}"}]}


def must(holds, what):
    if not holds:
        raise AssertionError(what)


def equal(found, wanted, what):
    must(found == wanted, f"{what}: {found!r} for {wanted!r}")


def texts(message):
    return "".join(block.text for block in message.content if block.type == "text")


def answer():
    message = client.messages.create(**ask("count to four"))
    equal(texts(message), COUNT, "text")
    equal(message.content[0].type, "text", "the first block of a request without thinking")
    equal((message.model, message.role, message.stop_reason), (MODEL, "assistant", "end_turn"), "message")
    must(message.usage.input_tokens > 0 and message.usage.output_tokens > 0, f"usage: {message.usage}")
    must((message._request_id or "").startswith("req_"), f"request id: {message._request_id}")


def stream():
    with client.messages.stream(**ask("count to four")) as events:
        told = "".join(events.text_stream)
        message = events.get_final_message()
    equal(told, COUNT, "text of the stream")
    equal(texts(message), COUNT, "text of the final message")
    equal(message.stop_reason, "end_turn", "stop reason")
    must(message.usage.output_tokens > 0, f"usage: {message.usage}")
    kinds = [event.type for event in client.messages.create(**ask("count to four"), stream=True)]
    equal((kinds[0], kinds[-2:]), ("message_start", ["message_delta", "message_stop"]), "events")


def thinking():
    message = client.messages.create(
        **ask("count to four"), thinking={"type": "adaptive", "display": "summarized"}
    )
    first = message.content[0]
    equal(first.type, "thinking", "first block")
    must("Four numbers are wanted." in first.thinking and first.signature is not None, f"thinking: {first}")
    equal(texts(message), COUNT, "text")


def tools():
    asked = []

    @beta_tool
    def get_weather(city: str) -> str:
        """The weather of a city.

        Args:
            city: Its name.
        """
        asked.append(city)
        return f"21 degrees in {city}"

    runner = client.beta.messages.tool_runner(**ask("the weather in Oslo"), tools=[get_weather])
    message = runner.until_done()
    equal(asked, ["Oslo"], "calls")
    equal(texts(message), "The tool says: 21 degrees in Oslo", "text")


def structured():
    class Weather(BaseModel):
        city: str
        degrees: int
        sky: str

    message = client.messages.parse(**ask("the weather as data"), output_format=Weather)
    equal(message.parsed_output, Weather(city="Tromsø", degrees=-7, sky="clear"), "value")


def count():
    small = ask("count to four")
    large = ask("count to four " * 100)
    for each in (small, large):
        del each["max_tokens"]
    few = client.messages.count_tokens(**small).input_tokens
    many = client.messages.count_tokens(**large).input_tokens
    must(0 < few < 50 and many > 10 * few, f"counts: {few}, {many}")
    tool = {"name": "get_weather", "description": "The weather of a city. " * 20, "input_schema": {"type": "object"}}
    with_tool = client.messages.count_tokens(**small, tools=[tool]).input_tokens
    must(with_tool > few + 50, f"a tool counts {with_tool - few}")


def web_search():
    tool = {"type": "web_search_20250305", "name": "web_search", "max_uses": 3}
    with client.messages.stream(**ask("search for the newest release of Bun"), tools=[tool]) as events:
        message = events.get_final_message()
    kinds = [block.type for block in message.content]
    equal(kinds[:2], ["server_tool_use", "web_search_tool_result"], "blocks")
    use, result = message.content[:2]
    equal(use.input, {"query": "the newest release of Bun"}, "query")
    equal(result.tool_use_id, use.id, "id of the result")
    equal([page.url for page in result.content], ["https://example.com/release", "https://example.org/changes"], "pages")
    cited = {
        citation.cited_text: citation.url
        for block in message.content
        if block.type == "text"
        for citation in block.citations or []
    }
    must(len(cited) >= 1, f"no citation: {message.content}")
    quoted = [block.text.strip() for block in message.content if block.type == "text" and block.citations]
    must("the newest release came out this month." in quoted, f"cited texts: {quoted}")
    equal(message.usage.server_tool_use.web_search_requests, 1, "searches in the usage")
    again = [*ask("x")["messages"], {"role": "assistant", "content": message.content}, *ask("count to four")["messages"]]
    equal(texts(client.messages.create(model=MODEL, max_tokens=2000, messages=again)), COUNT, "the turn after it")


def web_page():
    tool = {"type": "web_fetch_20250910", "name": "web_fetch", "max_uses": 2}
    message = client.messages.create(**ask("when was https://example.com/lighthouse built?"), tools=[tool])
    kinds = [block.type for block in message.content]
    equal(kinds[:2], ["server_tool_use", "web_fetch_tool_result"], "blocks")
    use, result = message.content[:2]
    equal((use.name, use.input["url"]), ("web_fetch", "https://example.com/lighthouse"), "call")
    equal((result.tool_use_id, result.content.type), (use.id, "web_fetch_result"), "result")
    equal(result.content.url, "https://example.com/lighthouse", "address")
    equal(texts(message), "The lighthouse was built in 1871.", "text")
    equal(message.usage.server_tool_use.web_fetch_requests, 1, "pages in the usage")
    again = [*ask("x")["messages"], {"role": "assistant", "content": message.content}, *ask("count to four")["messages"]]
    equal(texts(client.messages.create(model=MODEL, max_tokens=2000, messages=again)), COUNT, "the turn after it")


def code():
    tool = {"type": "code_execution_20250825", "name": "code_execution"}
    with client.messages.stream(**ask("compute 6 * 7"), tools=[tool]) as events:
        message = events.get_final_message()
    use, result = message.content[:2]
    equal((use.type, use.name), ("server_tool_use", "bash_code_execution"), "call")
    must("print(6 * 7)" in use.input["command"], f"command: {use.input}")
    equal((result.tool_use_id, result.content.stdout, result.content.return_code), (use.id, "42\n", 0), "result")
    equal(texts(message), "It is 42.", "text")


def paper():
    request = ask("")
    data = base64.b64encode(Path("doc.pdf").read_bytes()).decode()
    request["messages"][0]["content"] = [
        {"type": "document", "source": {"type": "base64", "media_type": "application/pdf", "data": data}},
        {"type": "text", "text": "compat sdk: what is in the file?"},
    ]
    must("application/pdf" in texts(client.messages.create(**request)), "the model has not seen the file")


def citations():
    paper = "The sky is blue – 青い.\nThe grass is green – très vert.\n"
    request = ask("")
    request["messages"][0]["content"] = [
        {
            "type": "document",
            "title": "Colours",
            "source": {"type": "text", "media_type": "text/plain", "data": paper},
            "citations": {"enabled": True},
        },
        {"type": "text", "text": "compat sdk: what colour is the grass?"},
    ]
    with client.messages.stream(**request) as events:
        message = events.get_final_message()
    equal(texts(message), "The paper says so: grass is green. No more is known.", "text")
    cited = [block for block in message.content if block.citations]
    equal([block.text.strip() for block in cited], ["grass is green."], "cited texts")
    place = cited[0].citations[0]
    equal((place.type, place.document_index, place.document_title), ("char_location", 0, "Colours"), "place")
    equal(place.cited_text.strip(), "The grass is green – très vert.", "words of the place")
    equal(paper[place.start_char_index : place.end_char_index], place.cited_text, "words at the place")
    again = [*request["messages"], {"role": "assistant", "content": message.content}, *ask("count to four")["messages"]]
    equal(texts(client.messages.create(**{**request, "messages": again})), COUNT, "the turn after it")


def pages():
    data = base64.b64encode(Path("doc.pdf").read_bytes()).decode()
    request = ask("")
    request["messages"][0]["content"] = [
        {
            "type": "document",
            "source": {"type": "base64", "media_type": "application/pdf", "data": data},
            "citations": {"enabled": True},
        },
        {"type": "text", "text": "compat sdk: which page is for the tour?"},
    ]
    message = client.messages.create(**request)
    equal(texts(message), "It says so: this one is.", "text")
    places = [place for block in message.content for place in block.citations or []]
    equal([(place.type, place.document_index) for place in places], [("page_location", 0)], "places")
    equal((places[0].start_page_number, places[0].end_page_number), (1, 2), "pages")
    must("A page for the tour" in places[0].cited_text, f"words: {places[0].cited_text}")


def files():
    uploaded = client.files.upload(file=("doc.pdf", Path("doc.pdf").read_bytes(), "application/pdf"))
    equal((uploaded.filename, uploaded.mime_type), ("doc.pdf", "application/pdf"), "file")
    must(uploaded.id in [each.id for each in client.files.list()], "the file is not in the list")
    equal(client.files.retrieve_metadata(uploaded.id).size_bytes, Path("doc.pdf").stat().st_size, "size")
    request = ask("what is in the file?")
    request["messages"][0]["content"] = [
        {"type": "document", "source": {"type": "file", "file_id": uploaded.id}},
        {"type": "text", "text": "compat sdk: what is in the file?"},
    ]
    must("application/pdf" in texts(client.messages.create(**request)), "the model has not seen the file")
    equal(client.files.delete(uploaded.id).id, uploaded.id, "deleted")
    try:
        client.files.retrieve_metadata(uploaded.id)
    except anthropic.NotFoundError:
        return
    raise AssertionError("the file is still there")


def batches():
    requests = [{"custom_id": name, "params": ask("count to four")} for name in ("one", "two")]
    requests.append({"custom_id": "bad", "params": {**ask("count to four"), "model": "gpt-9"}})
    batch = client.messages.batches.create(requests=requests)
    while batch.processing_status != "ended":
        time.sleep(0.1)
        batch = client.messages.batches.retrieve(batch.id)
    equal((batch.request_counts.succeeded, batch.request_counts.errored), (2, 1), "counts")
    results = {each.custom_id: each.result for each in client.messages.batches.results(batch.id)}
    equal(texts(results["one"].message), COUNT, "text")
    equal(results["bad"].error.error.type, "not_found_error", "error")
    must(batch.id in [each.id for each in client.messages.batches.list()], "the batch is not in the list")
    equal(client.messages.batches.delete(batch.id).id, batch.id, "deleted")


def errors():
    try:
        client.messages.create(**{**ask("count to four"), "model": "gpt-9"})
    except anthropic.NotFoundError as error:
        must("model: gpt-9" in str(error), f"{error}")
    else:
        raise AssertionError("an unknown model is no error")
    try:
        client.messages.create(**{**ask("count to four"), "max_tokens": -1})
    except anthropic.BadRequestError as error:
        must("max_tokens" in str(error), f"{error}")
    else:
        raise AssertionError("a bad field is no error")


globals()[sys.argv[1].replace("-", "_")]()
