"""The mock of Gemini for all tests of this folder, and a world of its own for each of them."""

import json
import subprocess
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import Request, urlopen
from uuid import uuid4

import pytest
from anthropic import Anthropic

HERE = Path(__file__).parent
COMMAND = ["npx", "--no-install", "gemini-claude-proxy", "mock"]
# With --isolated, nothing counts that is set on this machine for something else. The first line tells the address. The mock ends with its input, so it does not outlive pytest, whatever ends pytest.
FLAGS = ["--isolated", "--port", "0", "--json", "--end-with-input", "--mock-pace", "instant", "--mock-strict"]


class World:
    """One test's side of the mock: its client, its requests, its faults."""

    def __init__(self, url, test_id):
        self.url, self.test_id = url, test_id
        headers = {"x-test-id": test_id}
        self.client = Anthropic(base_url=url, api_key="any", max_retries=0, default_headers=headers)

    def requests(self):
        query = urlencode({"test_id": self.test_id})
        with urlopen(f"{self.url}/__mock/requests?{query}") as answer:
            return json.load(answer)["requests"]

    def faults(self, faults):
        body = json.dumps({"faults": faults, "test_id": self.test_id}).encode()
        urlopen(Request(f"{self.url}/__mock/faults", body, {"content-type": "application/json"})).close()


@pytest.fixture(scope="session")
def mock_url():
    command = [*COMMAND, *FLAGS, "--scenarios", str(HERE / "scenarios")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=HERE) as mock:
        line = mock.stdout.readline()
        assert line, "the mock did not start; it has said why on stderr"
        yield json.loads(line)["url"]
        mock.stdin.close()


@pytest.fixture
def new_world(mock_url):
    return lambda test_id: World(mock_url, test_id)


@pytest.fixture
def world(new_world):
    # Neither a test of the same name in another file nor an earlier try of this one has left anything there.
    return new_world(uuid4().hex)
