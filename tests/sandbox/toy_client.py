"""What tests say to Toy."""

from __future__ import annotations

import json
from urllib.error import HTTPError
from urllib.request import Request, urlopen

TOY = "tests.sandbox.toy_vendor:Toy"


def ask(client, method, path, content=None, **headers):
    """Status and content of Toy's answer."""
    data = None if content is None else json.dumps(content).encode()
    request = Request(client.toy.base_url + path, data, headers, method=method)
    try:
        with urlopen(request, timeout=5) as answer:
            return answer.status, json.load(answer)
    except HTTPError as refused:
        with refused:
            return refused.code, json.load(refused)


def write(client, identity, owner="pat"):
    return ask(client, "POST", "/v1/notes", {"id": identity, "owner": owner})
