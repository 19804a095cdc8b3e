from concurrent.futures import ThreadPoolExecutor

import anthropic
import pytest
from assistant import answer


def test_the_tool_is_asked_and_its_result_is_told(world):
    assert answer(world.client, "What is the weather in Oslo?") == "There is rain in Oslo."
    assert [each["answer"]["source"] for each in world.requests()] == ["weather/look", "weather/tell"]


def test_an_overloaded_model_is_an_error_for_the_user(world):
    world.faults("http-503")
    with pytest.raises(anthropic.APIStatusError) as failed:
        answer(world.client, "What is the weather in Rome?")
    assert failed.value.status_code == 529
    assert len(world.requests()[-1]["attempts"]) > 1


def test_a_misspelt_question_is_an_error_that_names_the_nearest_one(world):
    with pytest.raises(anthropic.NotFoundError, match="weather"):
        answer(world.client, "What is the wether in Oslo?")


def one_of_ten(world, index):
    question = f"What is the weather in Town{index}?"
    if index % 2 == 0:
        assert answer(world.client, question) == f"There is fog in Town{index}."
        assert len(world.requests()) == 2
        return
    world.faults("http-400")
    with pytest.raises(anthropic.BadRequestError):
        answer(world.client, question)
    assert len(world.requests()) == 1


def test_ten_at_the_same_time_do_not_disturb_each_other(new_world):
    with ThreadPoolExecutor(10) as pool:
        for done in [pool.submit(one_of_ten, new_world(f"parallel-{index}"), index) for index in range(10)]:
            done.result()
