"""The emulator is as strict as OpenAI's documentation: what it accepts, the real API would accept."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from e2e.emulators.openai import OpenAIEmulator
from e2e.emulators.openai_organisation import Cost, Organisation, Usage

START = 1_793_491_200  # 2026-11-01T00:00:00Z
DAY = 86_400
KEY = "sk-admin-emulated"
ORGANISATION = Organisation(
    refused=(frozenset({"user_id", "project_id"}),),
    costs=(
        Cost("2026-11-01", "0.06000000000000001", "p1", "k1", "gpt-6-sol, input_tokens", quantity="2", quantity_unit="tokens"),
        Cost("2026-11-01", "1400", "p1", "k2", "gpt-6-sol, output_tokens"),
        Cost("2026-11-03", "1e-7", "p2"),
    ),
    usage=(
        Usage("2026-11-01", "gpt-6-sol", 10, 5, 4, 1, project="p1", hour=3),
        Usage("2026-11-01", "gpt-6-sol", 1, project="p2", hour=4),
        Usage("2026-11-01", "text-embedding-4", 7, project="p1", kind="embeddings"),
    ),
    projects={"p1": "Support", "p2": "Search"},
    scopeless_keys=frozenset({"sk-admin-blind"}),
)  # fmt: skip


@pytest.fixture(scope="module")
def api() -> Iterator[httpx.Client]:
    with OpenAIEmulator(ORGANISATION).serving() as serving:
        headers = {"Authorization": f"Bearer {KEY}"}
        with httpx.Client(base_url=f"{serving.url}/v1/organization/", headers=headers, trust_env=False) as client:
            yield client


def ask(api: httpx.Client, path: str, *params: tuple[str, str], start: int = START) -> httpx.Response:
    return api.get(path, params=[("start_time", str(start)), *params])


def results(answer: httpx.Response) -> list[list[dict[str, Any]]]:
    answer.raise_for_status()
    return [bucket["results"] for bucket in answer.json(parse_float=str, parse_int=str)["data"]]


@pytest.mark.parametrize(
    ("path", "params", "param"),
    [
        ("costs", {}, "start_time"),
        ("costs", {"start_time": "soon"}, "start_time"),
        ("costs", {"start_time": START, "end_time": START}, "end_time"),
        ("costs", {"start_time": START, "bucket_width": "1h"}, "bucket_width"),
        ("costs", {"start_time": START, "limit": 0}, "limit"),
        ("costs", {"start_time": START, "limit": 181}, "limit"),
        ("usage/completions", {"start_time": START, "limit": 32}, "limit"),
        ("usage/completions", {"start_time": START, "bucket_width": "1h", "limit": 169}, "limit"),
        ("costs", {"start_time": START, "group_by": "project_id,line_item"}, "group_by"),
        ("costs", {"start_time": START, "group_by[]": "model"}, "group_by"),
        ("costs", {"start_time": START, "group_by[]": ["user_id", "project_id"]}, "group_by"),
        ("usage/embeddings", {"start_time": START, "group_by[]": "batch"}, "group_by"),
        ("costs", {"start_time": START, "models[]": "x"}, "models[]"),
        ("costs", {"start_time": START, "colour": "x"}, "colour"),
        ("costs", {"start_time": [START, START]}, "start_time"),
        ("costs", {"start_time": START, "page": "page_x_1"}, "page"),
        ("projects", {"start_time": START}, "start_time"),
    ],
)
def test_what_is_not_documented_is_refused_in_the_documented_shape(
    api: httpx.Client, path: str, params: dict[str, Any], param: str
) -> None:
    """400 with message, type, param and code."""
    answer = api.get(path, params=params)
    assert answer.status_code == 400
    error = answer.json()["error"]
    assert (error["param"], error["type"]) == (param, "invalid_request_error")
    assert set(error) == {"message", "type", "param", "code"}


@pytest.mark.parametrize(
    ("header", "status", "code"),
    [
        (None, 401, None),
        ("Bearer sk-proj-x", 401, "invalid_api_key"),
        (f"Basic {KEY}", 401, None),
        ("Bearer sk-admin-blind", 403, "missing_scope"),
    ],
)
def test_only_an_admin_key_with_its_scope_is_admitted(
    api: httpx.Client, header: str | None, status: int, code: str | None
) -> None:
    """No key, a project key, another scheme and a key without scope are refused."""
    answer = httpx.get(f"{api.base_url}costs", headers={"Authorization": header} if header else {}, trust_env=False)
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)


def test_a_day_without_cost_is_an_empty_bucket_and_amounts_keep_their_text(api: httpx.Client) -> None:
    """Buckets come for each day asked for; ungrouped dimensions are null; numbers are as the scenario wrote them."""
    days = results(ask(api, "costs", ("end_time", str(START + 3 * DAY))))
    assert [[row["amount"]["value"] for row in rows] for rows in days] == [["1400.06000000000000001"], [], ["1e-7"]]
    assert {days[0][0][name] for name in ("project_id", "line_item", "api_key_id", "user_id", "quantity")} == {None}


def test_quantities_come_only_with_line_items(api: httpx.Client) -> None:
    """As documented for `quantity` and `quantity_unit`."""
    grouped = results(ask(api, "costs", ("group_by[]", "line_item"), ("end_time", str(START + DAY))))[0]
    assert [(row["quantity"], row["quantity_unit"]) for row in grouped] == [("2", "tokens"), (None, None)]


def test_an_unaligned_start_snaps_to_its_bucket(api: httpx.Client) -> None:
    """A bucket is never cut by the start."""
    answer = ask(api, "costs", ("end_time", str(START + DAY)), start=START + 5000)
    assert answer.json()["data"][0]["start_time"] == START


def test_pages_are_cut_in_buckets_and_cursors_belong_to_their_query(api: httpx.Client) -> None:
    """`limit` counts buckets; the cursor of one question is refused by another."""
    query = (("end_time", str(START + 3 * DAY)), ("limit", "2"))
    first = ask(api, "costs", *query).json()
    assert (len(first["data"]), first["has_more"]) == (2, True)
    last = ask(api, "costs", *query, ("page", first["next_page"])).json()
    assert (len(last["data"]), last["has_more"], last["next_page"]) == (1, False, None)
    other = ask(api, "costs", *query, ("page", first["next_page"]), ("group_by[]", "project_id"))
    assert other.status_code == 400


def test_filters_and_arrays_work_with_and_without_brackets(api: httpx.Client) -> None:
    """Both wire forms of arrays are accepted; filters leave the rest out."""
    for name in ("project_ids[]", "project_ids"):
        (rows,) = results(ask(api, "usage/completions", (name, "p1"), ("end_time", str(START + DAY))))
        assert [row["input_tokens"] for row in rows] == ["10"]


def test_usage_comes_by_the_hour_with_every_documented_count(api: httpx.Client) -> None:
    """Input includes cached and written tokens; what is neither is `input_uncached_tokens`."""
    hours = results(ask(api, "usage/completions", ("bucket_width", "1h"), ("end_time", str(START + 5 * 3600))))
    assert [len(rows) for rows in hours] == [0, 0, 0, 1, 1]
    row = hours[3][0]
    counts = [row[f"input_{kind}tokens"] for kind in ("", "cached_", "cache_write_", "uncached_")]
    assert counts == ["10", "4", "1", "5"]
    (embeddings,) = results(ask(api, "usage/embeddings", ("end_time", str(START + DAY))))
    assert (embeddings[0]["input_tokens"], "output_tokens" in embeddings[0]) == ("7", False)


def test_projects_have_names_and_pages(api: httpx.Client) -> None:
    """Cursors are ids, as in OpenAI's lists."""
    first = api.get("projects", params={"limit": 1}).json()
    assert ([project["name"] for project in first["data"]], first["has_more"]) == (["Support"], True)
    rest = api.get("projects", params={"after": first["last_id"]}).json()
    assert ([project["name"] for project in rest["data"]], rest["has_more"]) == (["Search"], False)


def test_it_runs_as_a_program_from_a_file(tmp_path: Path) -> None:
    """The URL is printed first; faults of the file happen."""
    scenario = tmp_path / "openai.yaml"
    scenario.write_text(
        "admin_keys: [k]\n"
        "costs: [{day: 2026-11-01, amount: '1400', project: p1}]\n"
        "faults: [{kind: status, with: {code: 503, retry_after: '1'}, path: /costs, times: 1}]\n"
    )
    command = [sys.executable, "-m", "e2e.emulators", "openai", str(scenario)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as program:
        try:
            assert program.stdout is not None
            url = program.stdout.readline().strip()
            with httpx.Client(headers={"Authorization": "Bearer k"}, trust_env=False) as client:
                answers = [client.get(f"{url}/v1/organization/costs?start_time={START}") for _ in range(2)]
        finally:
            program.terminate()
    assert [answer.status_code for answer in answers] == [503, 200]
    assert json.loads(answers[1].text)["data"][0]["results"][0]["amount"] == {"value": 1400, "currency": "usd"}
