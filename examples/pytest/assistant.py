"""The program under test: an assistant with one tool."""

WEATHER = {"Oslo": "rain", "Rome": "sun"}

TOOL = {
    "name": "get_weather",
    "description": "The weather in a town",
    "input_schema": {"type": "object", "properties": {"town": {"type": "string"}}, "required": ["town"]},
}


def answer(client, question):
    messages = [{"role": "user", "content": question}]
    while True:
        message = client.messages.create(
            model="claude-sonnet-5", max_tokens=200, tools=[TOOL], messages=messages
        )
        calls = [block for block in message.content if block.type == "tool_use"]
        if not calls:
            return "".join(block.text for block in message.content)
        results = [
            {"type": "tool_result", "tool_use_id": call.id, "content": WEATHER.get(call.input["town"], "fog")}
            for call in calls
        ]
        messages += [{"role": "assistant", "content": message.content}, {"role": "user", "content": results}]
