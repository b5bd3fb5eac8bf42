"""Generates client libraries, compiles them, and lets each call the live server.

python -m openapi.sdk.run generate NAME…    into build/sdk/NAME/sdk
python -m openapi.sdk.run test [NAME…]      generate, compile, call; a run of all writes openapi/SDKS.md
python -m openapi.sdk.run names             what there is
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from openapi.sdk import checks, server
from openapi.sdk.languages import LANGUAGES, Command, Language

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent
BUILD = ROOT / "build" / "sdk"
DOCUMENT = ROOT / "openapi" / "openapi.json"
TABLE = ROOT / "openapi" / "SDKS.md"
STEP_S = 600
"""No generator, compiler or test program may take longer; the slowest, a first Rust build, takes about 100 s."""

USAGE = 2


class StepFailed(Exception):
    """A command failed; the message holds the end of what it printed."""


class Missing(Exception):
    """This machine lacks something that a language needs; the message names it."""


@dataclass
class Outcome:
    """What became of one language."""

    language: Language
    generated: bool = False
    compiled: bool = False
    ran: bool = False
    note: str = ""
    faults: list[str] = field(default_factory=list)
    version: str = ""
    seconds: float = 0.0


# --- commands --------------------------------------------------------------------------------------------------------


def _placeholders(work: Path) -> dict[str, str]:
    classpath = work / "classpath"
    return {
        "work": str(work),
        "bin": str(BUILD / "tools" / "bin"),
        "node": str(BUILD / "node_modules"),
        "config": str(HERE),
        "document": str(BUILD / "openapi.json"),
        "cargo": str(BUILD / "cargo"),
        "classpath": classpath.read_text("utf-8").strip() if classpath.exists() else "",
    }


def _environ(work: Path) -> dict[str, str]:
    return dict(os.environ) | {
        "LC_ALL": "C.UTF-8",  # `make sdk LANG=go` puts LANG=go into the environment
        "LANG": "C.UTF-8",
        "JAVA_OPTS": "-XX:TieredStopAtLevel=1",  # a generator runs for seconds: the second compiler does not pay
        "MAVEN_OPTS": "-XX:TieredStopAtLevel=1",
        "CARGO_TARGET_DIR": str(BUILD / "cargo"),
        "GOFLAGS": "-mod=mod",
        "PYTHONPATH": str(work / "sdk"),
        "THAW_DOCUMENT": str(BUILD / "openapi.json"),
        "THAW_OUT": str(work / "sdk"),
        "DISABLE_TELEMETRY": "1",
    }


def _run(command: Command, work: Path) -> str:
    """The standard output of a command; raises StepFailed with the end of everything it printed."""
    known = _placeholders(work)
    words = [re.sub(r"\{(\w+)\}", lambda found: known[found[1]], word) for word in command]
    try:
        done = subprocess.run(
            words,
            cwd=work,
            env=_environ(work),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=STEP_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise StepFailed(f"{words[0]} took longer than {STEP_S} s") from None
    if done.returncode:
        printed = (done.stdout + done.stderr)[-6000:]
        raise StepFailed(f"{' '.join(words[:4])} … ended with {done.returncode}:\n{printed}")
    return str(done.stdout or done.stderr)


# --- tools -----------------------------------------------------------------------------------------------------------


def install_tools(languages: Sequence[Language]) -> None:
    """Generators and type checkers, locked by hash, into build/sdk; again only after a change of the locks."""
    BUILD.mkdir(parents=True, exist_ok=True)
    if not shutil.which("java") and any(language.tool == "openapi-generator" for language in languages):
        raise SystemExit("openapi-generator needs Java 11 or newer: apt-get install default-jre-headless")
    tools, requirements = BUILD / "tools", HERE / "requirements.txt"
    if _is_stale(tools / ".installed", requirements):
        shutil.rmtree(tools, ignore_errors=True)
        print("installing the generators …", flush=True)
        _run((sys.executable, "-m", "venv", str(tools)), BUILD)
        pip = (f"{tools}/bin/python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
        _run((*pip, "--require-hashes", "-r", str(requirements)), BUILD)
        (tools / ".installed").write_text(_digest(requirements))
    lock = HERE / "package-lock.json"
    if any("npm" in language.needs for language in languages) and shutil.which("npm"):
        if not _is_stale(BUILD / "node_modules" / ".installed", lock):
            return
        print("installing the generators for TypeScript …", flush=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(HERE / name, BUILD / name)
        _run(("npm", "ci", "--no-audit", "--no-fund", "--loglevel=error"), BUILD)
        (BUILD / "node_modules" / ".installed").write_text(_digest(lock))


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _is_stale(stamp: Path, source: Path) -> bool:
    return not stamp.exists() or stamp.read_text() != _digest(source)


def tool_versions() -> dict[str, str]:
    """The generators' versions, from the locks."""
    found = dict(re.findall(r"^([a-z][\w-]+)==(\S+)", (HERE / "requirements.txt").read_text("utf-8"), re.MULTILINE))
    found["openapi-generator"] = found.pop("openapi-generator-cli")
    packages = json.loads((HERE / "package-lock.json").read_text("utf-8"))["packages"]
    return found | {name.removeprefix("node_modules/"): it["version"] for name, it in packages.items() if name}


# --- one language ----------------------------------------------------------------------------------------------------


def generate(language: Language) -> Path:
    """The SDK, anew, in build/sdk/NAME/sdk, with the test program beside it; returns build/sdk/NAME."""
    work = BUILD / language.name
    shutil.rmtree(work, ignore_errors=True)
    program = HERE / "tests" / language.name
    if program.exists():
        shutil.copytree(program, work, ignore=shutil.ignore_patterns("__pycache__"))
    if language.name in _TYPESCRIPT:
        shutil.copytree(HERE / "tests" / "typescript", work, dirs_exist_ok=True)
    work.mkdir(parents=True, exist_ok=True)
    if language.name == "openapi-fetch":
        (work / "sdk").mkdir()
    _run(language.generate, work)
    return work


_TYPESCRIPT = frozenset(language.name for language in LANGUAGES if "npm" in language.needs)


def _compile(language: Language, work: Path) -> None:
    for program in language.needs:
        if not shutil.which(program):
            raise Missing(f"no {program} on this machine")
    package, probe = language.library
    if probe:
        try:
            _run(probe, work)
        except StepFailed:
            raise Missing(f"no {package} on this machine") from None
    for command in language.compile:
        _run(command, work)


def _call(language: Language, work: Path, stage: Stage, *, fault: str = "") -> tuple[str, list[str]]:
    """What the test program printed, and what is wrong with the run."""
    stage.plain.faults = stage.grown.faults = frozenset({fault} if fault else ())
    stage.plain.exchanges.clear()
    stage.grown.exchanges.clear()
    environ = stage.want.environ() | {"THAW_URL": stage.plain.url, "THAW_GROWN_URL": stage.grown.url}
    known = _placeholders(work)
    command = [re.sub(r"\{(\w+)\}", lambda found: known[found[1]], word) for word in language.run]
    done = subprocess.run(
        command,
        cwd=work,
        env=_environ(work) | environ,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=STEP_S,
        check=False,
    )
    faults = list(checks.faults(done.stdout, stage.plain.exchanges, stage.grown.exchanges, stage.want))
    if done.returncode and not faults:
        faults.append(f"the program ended with {done.returncode}")
    if done.returncode or faults:
        faults.append(f"it printed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return done.stdout, faults


@dataclass
class Stage:
    """The live server behind its two proxies."""

    plain: server.Proxy
    grown: server.Proxy
    want: checks.Expected


def open_stage(stack: ExitStack, document: Mapping[str, Any]) -> Stage:
    """Starts the server and the proxies; the stack ends them."""
    index = f"whoosh:{BUILD / 'index'}"
    # Its own, of the corpus as it is: an index that someone serves or builds meanwhile is left alone.
    _run((sys.executable, "-m", "indexer", "build", "--index", index), ROOT)
    port = stack.enter_context(server.gunicorn(index, BUILD / "server.log"))
    return Stage(
        stack.enter_context(server.proxy(port, document, grows=False)),
        stack.enter_context(server.proxy(port, document, grows=True)),
        checks.expected(port),
    )


def prove(language: Language, document: Mapping[str, Any], stage: Stage) -> Outcome:
    """Generates, compiles and runs one language."""
    outcome = Outcome(language)
    began = time.monotonic()
    try:
        work = generate(language)
        outcome.generated = True
        if language.grammar:
            outcome.faults = list(read_sources(language, work, document))
            outcome.note = "no compiler to be had: parsed, names compared"
        else:
            _compile(language, work)
            outcome.compiled = True
            outcome.version = _run(language.version, work).splitlines()[0]
            _, outcome.faults = _call(language, work, stage)
            outcome.ran = not outcome.faults
            if outcome.ran:
                outcome.faults = [*unnoticed(language, work, stage), *misjudged(language, work, stage)]
    except Missing as missing:
        outcome.note = str(missing)
    except (StepFailed, subprocess.TimeoutExpired) as failed:
        outcome.faults.append(str(failed))
    outcome.seconds = time.monotonic() - began
    return outcome


def unnoticed(language: Language, work: Path, stage: Stage) -> Iterator[str]:
    """The checks that pass although the server's answers are wrong in the way that they are there to notice."""
    for fault, concerned in server.FAULTS.items():
        found = checks.reported(_call(language, work, stage, fault=fault)[0])
        for name in sorted(concerned):
            if found.get(name) == "":
                yield f"{name} passes although the answers are wrong: {fault}"


def misjudged(language: Language, work: Path, stage: Stage) -> Iterator[str]:
    """Says where what the table tells of new values in enums is not so."""
    failed = [
        name for name, why in checks.reported(_call(language, work, stage, fault=server.NEW_VALUE)[0]).items() if why
    ]
    if language.reads_new_values and failed:
        yield f"a new value in an enum cannot be read: {', '.join(failed)}"
    elif not language.reads_new_values and not failed:
        yield "a new value in an enum can be read after all: say so in languages.py"


def read_sources(language: Language, work: Path, document: Mapping[str, Any]) -> Iterator[str]:
    """Faults of sources that cannot be compiled here: syntax errors, and names of the document that do not occur.

    Runs in the tools' environment, which has the grammars.
    """
    program = (
        "import pathlib, re, sys\n"
        "from tree_sitter_language_pack import get_parser\n"
        "parser = get_parser(sys.argv[1])\n"
        "for path in sorted(pathlib.Path('sdk').rglob('*' + sys.argv[2])):\n"
        # The grammar is older than Swift 6's typed throws, and does not know the empty tuple as a value.
        "    source = re.sub(rb'throws\\([\\w<>]+\\)', b'throws', path.read_bytes())\n"
        "    source = re.sub(rb'(= |\\.init\\(nilLiteral: )\\(\\)(?= as|\\))', rb'\\1(0)', source)\n"
        "    if parser.parse(source).root_node.has_error: print(path)\n"
    )
    broken = _run(("{bin}/python", "-c", program, language.grammar, language.suffix), work).split()
    yield from (f"syntax error in {path}" for path in broken)
    sources = list((work / "sdk").rglob(f"*{language.suffix}"))
    words = {word.lower() for path in sources for word in re.findall(r"\w+", path.read_text("utf-8"))}
    operations = (it["operationId"] for path in document["paths"].values() for it in path.values())
    for name in [*document["components"]["schemas"], *operations]:
        plain = name.replace("_", "").lower()
        if not any(plain in (word, word.removesuffix("async")) for word in words):
            yield f"{name} does not occur in the sources"


# --- the table -------------------------------------------------------------------------------------------------------


def table(outcomes: Iterable[Outcome], document: Mapping[str, Any]) -> str:
    """The Markdown page about a run in which nothing failed and nothing was left out."""
    versions = tool_versions()
    operations = sum(len(path) for path in document["paths"].values())
    digest = hashlib.sha256((BUILD / "openapi.json").read_bytes()).hexdigest()[:12]
    lines = [
        "# Generated clients",
        "",
        "Written by `make test-sdk`, which generates each client anew from `openapi.json`, compiles it, and lets it",
        f"call a live server. Thaw {document['info']['version']}, {operations} operations, "
        f"{len(document['components']['schemas'])} schemas, SHA-256 `{digest}…`.",
        "",
        "| client | generator | compiled or type-checked | live server | wrong answers noticed | new enum value |",
        "|---|---|---|---|---|---|",
    ]
    for it in outcomes:
        tool = f"{it.language.tool} {versions[it.language.tool]}"
        if it.language.name == "openapi-fetch":
            tool += f", openapi-fetch {versions['openapi-fetch']}"
        if it.language.grammar:
            compiled = "no compiler in reach: each source parses, each operation and schema occurs"
            called = noticed = new = "not tried"
        else:
            compiled = f"{it.language.strictly} ({it.version})"
            called = f"{len(checks.CHECKS)} of {len(checks.CHECKS)} checks"
            noticed = f"{len(server.FAULTS)} of {len(server.FAULTS)} ways"
            new = "read" if it.language.reads_new_values else "an error"
        lines.append(f"| {it.language.name} | {tool} | {compiled} | {called} | {noticed} | {new} |")
    lines += ["", "Each client that runs here does the following, and the wire is watched while it does:", ""]
    lines += [f"- `{name}`: {meaning}" for name, meaning in checks.CHECKS.items()]
    lines += [
        "",
        f"Then answers are made wrong in {len(server.FAULTS)} ways, one at a time, and the checks concerned must fail:",
        *("", ", ".join(f"`{name}`" for name in server.FAULTS) + "."),
    ]
    return "\n".join(lines) + "\n"


# --- command line ----------------------------------------------------------------------------------------------------


def _chosen(names: Sequence[str]) -> list[Language]:
    known = {language.name: language for language in LANGUAGES}
    for name in names:
        if name not in known:
            raise SystemExit(f"no client is called '{name}'; there are: {', '.join(known)}")
    return [known[name] for name in names] if names else list(LANGUAGES)


def _prepare(languages: Sequence[Language]) -> dict[str, Any]:
    install_tools(languages)
    # A copy: the committed document may be written anew while this runs.
    shutil.copy(DOCUMENT, BUILD / "openapi.json")
    found: dict[str, Any] = json.loads((BUILD / "openapi.json").read_text("utf-8"))
    return found


def _test(names: Sequence[str]) -> int:
    languages = _chosen(names)
    document = _prepare(languages)
    outcomes = []
    with ExitStack() as stack:
        stage = open_stage(stack, document)
        for language in languages:
            outcome = prove(language, document, stage)
            outcomes.append(outcome)
            verdict = "FAILED" if outcome.faults else outcome.note or f"compiled, {len(checks.CHECKS)} checks passed"
            print(f"{language.name:22} {outcome.seconds:6.1f} s  {verdict}", flush=True)
            for fault in outcome.faults:
                print(f"    {fault}", flush=True)
    failed = [it for it in outcomes if it.faults]
    left_out = [it for it in outcomes if it.note and not it.language.grammar]
    if names or failed or left_out:
        print("openapi/SDKS.md is left as it is: it is written by runs in which every client was tried and none failed")
    else:
        TABLE.write_text(table(outcomes, document), "utf-8")
    print(f"{len(outcomes) - len(failed) - len(left_out)} passed, {len(failed)} failed, {len(left_out)} skipped")
    return 1 if failed else 0


def _generate(names: Sequence[str]) -> int:
    languages = _chosen(names)
    _prepare(languages)
    for language in languages:
        print(generate(language) / "sdk")
    return 0


def main(arguments: Sequence[str]) -> int:
    """Runs one command; returns the exit code."""
    command, names = (arguments[0], arguments[1:]) if arguments else ("", [])
    try:
        match command:
            case "generate" if names:
                return _generate(names)
            case "test":
                return _test(names)
            case "names":
                print("\n".join(language.name for language in LANGUAGES))
                return 0
    except (StepFailed, Missing) as failed:
        print(failed, file=sys.stderr)
        return 1
    print(__doc__, file=sys.stderr)
    return USAGE


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
