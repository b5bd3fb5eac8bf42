"""Code to copy: how each operation is called with curl, Python and JavaScript, from what was recorded of it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

HOST = "http://127.0.0.1:8000"
"""Where `make serve` listens."""


def of(method: str, path: str, example: Mapping[str, Any]) -> list[dict[str, str]]:
    """The samples of an operation, as `x-codeSamples` has them; none needs more than its language brings along."""
    address = HOST + path.format(**example["path"])
    sent = example["sent"]
    makers = (_post_curl, _post_python, _post_javascript) if method == "post" else (_curl, _python, _javascript)
    names = (("Shell", "curl"), ("Python", "Python"), ("JavaScript", "JavaScript"))
    return [
        {"lang": lang, "label": label, "source": make(address, sent)}
        for (lang, label), make in zip(names, makers, strict=True)
    ]


def _pairs(sent: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in sent.items():
        for one in value if isinstance(value, list) else [value]:
            yield name, str(one)


def _quoted(text: str) -> str:
    """For a POSIX shell."""
    return "'" + text.replace("'", "'\\''") + "'"


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _curl(address: str, sent: Mapping[str, Any]) -> str:
    if not sent:
        return f"curl {_quoted(address)}"
    lines = [f"curl --get {_quoted(address)}"]
    lines += [f"  --data-urlencode {_quoted(f'{name}={value}')}" for name, value in _pairs(sent)]
    return " \\\n".join(lines)


def _post_curl(address: str, sent: Mapping[str, Any]) -> str:
    return " \\\n".join(
        (
            f"curl {_quoted(address)}",
            "  --header 'Content-Type: application/json'",
            f"  --data {_quoted(_json(sent))}",
        )
    )


_PRINT_PYTHON = "    print(json.dumps(json.load(answer), indent=2))"


def _python(address: str, sent: Mapping[str, Any]) -> str:
    if not sent:
        head = ["import json", "from urllib.request import urlopen", ""]
        return "\n".join([*head, f"with urlopen({_json(address)}) as answer:", _PRINT_PYTHON])
    return "\n".join(
        [
            "import json",
            "from urllib.parse import urlencode",
            "from urllib.request import urlopen",
            "",
            f"query = urlencode([{', '.join(f'({_json(name)}, {_json(value)})' for name, value in _pairs(sent))}])",
            f'with urlopen(f"{address}?{{query}}") as answer:',
            _PRINT_PYTHON,
        ]
    )


def _post_python(address: str, sent: Mapping[str, Any]) -> str:
    return "\n".join(
        [
            "import json",
            "from urllib.request import Request, urlopen",
            "",
            f"body = json.dumps({_json(sent)}).encode()",
            f'request = Request({_json(address)}, body, {{"Content-Type": "application/json"}})',
            "with urlopen(request) as answer:",
            _PRINT_PYTHON,
        ]
    )


_PRINT_JAVASCRIPT = "console.log(JSON.stringify(await answer.json(), null, 2));"


def _javascript(address: str, sent: Mapping[str, Any]) -> str:
    if not sent:
        return "\n".join([f"const answer = await fetch({_json(address)});", _PRINT_JAVASCRIPT])
    pairs = ", ".join(f"[{_json(name)}, {_json(value)}]" for name, value in _pairs(sent))
    return "\n".join(
        [
            f"const query = new URLSearchParams([{pairs}]);",
            f"const answer = await fetch(`{address}?${{query}}`);",
            _PRINT_JAVASCRIPT,
        ]
    )


def _post_javascript(address: str, sent: Mapping[str, Any]) -> str:
    return "\n".join(
        [
            f"const answer = await fetch({_json(address)}, {{",
            '  method: "POST",',
            '  headers: { "Content-Type": "application/json" },',
            f"  body: JSON.stringify({_json(sent)}),",
            "});",
            _PRINT_JAVASCRIPT,
        ]
    )
