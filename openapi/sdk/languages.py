"""Every client library that is generated: how, how it is compiled, and how its test program is run."""

from __future__ import annotations

from dataclasses import dataclass

Command = tuple[str, ...]
"""A command with {placeholders} (see `run._placeholders`); it runs in the language's own folder, the SDK in sdk/."""

_GENERATOR = "openapi-generator"


def _openapi_generator(name: str) -> Command:
    return ("{bin}/openapi-generator-cli", "generate", "-i", "{document}", "-c", f"{{config}}/{name}.yaml", "-o", "sdk")


@dataclass(frozen=True, slots=True)
class Language:
    """One client library, from document to calls."""

    name: str
    tool: str
    """The package whose generator makes it."""
    generate: Command
    needs: tuple[str, ...] = ()
    """Programs that must be on the path to compile and run it."""
    library: tuple[str, Command] = ("", ())
    """What Debian calls a library that the client imports, and a command that ends well where it is installed."""
    version: Command = ()
    """Says the version of compiler or interpreter in its first line."""
    compile: tuple[Command, ...] = ()
    strictly: str = ""
    """How strictly, for the table."""
    run: Command = ()
    reads_new_values: bool = True
    """Whether the client can read an enum's value that came after it was generated."""
    grammar: str = ""
    """The tree-sitter grammar that sources are parsed with, where there is no compiler."""
    suffix: str = ""


_TSC = ("{node}/.bin/tsc", "-p", "tsconfig.json")
_NODE = ("node", "out/check.js")
_STRICT_TS = "tsc --strict, generated code included"


def _typescript(name: str, tool: str, generate: Command) -> Language:
    return Language(name, tool, generate, ("node", "npm"), ("", ()), ("node", "--version"), (_TSC,), _STRICT_TS, _NODE)


LANGUAGES = (
    Language(
        "python",
        _GENERATOR,
        _openapi_generator("python"),
        version=("{bin}/python", "--version"),
        compile=(("{bin}/mypy", "--config-file", "mypy.ini", "check.py", "sdk/thaw"),),
        strictly="mypy --strict on the calls, the generator's own settings on the client",
        run=("{bin}/python", "check.py"),
        reads_new_values=False,
    ),
    Language(
        "openapi-python-client",
        "openapi-python-client",
        (
            *("{bin}/openapi-python-client", "generate", "--path", "{document}", "--output-path", "sdk"),
            *("--meta", "setup", "--config", "{config}/openapi-python-client.yaml"),
        ),
        version=("{bin}/python", "--version"),
        compile=(("{bin}/mypy", "--config-file", "mypy.ini", "check.py", "sdk/thaw_client"),),
        strictly="mypy --strict, generated code included",
        run=("{bin}/python", "check.py"),
        reads_new_values=False,
    ),
    _typescript("typescript-fetch", _GENERATOR, _openapi_generator("typescript-fetch")),
    _typescript("typescript-axios", _GENERATOR, _openapi_generator("typescript-axios")),
    _typescript(
        "hey-api",
        "@hey-api/openapi-ts",
        ("{node}/.bin/openapi-ts", "--file", "{config}/hey-api.config.mjs", "--no-log-file"),
    ),
    _typescript(
        "openapi-fetch",
        "openapi-typescript",
        ("{node}/.bin/openapi-typescript", "{document}", "-o", "sdk/thaw.d.ts", "--default-non-nullable=false"),
    ),
    _typescript("orval", "orval", ("{node}/.bin/orval", "--config", "{config}/orval.config.mjs")),
    Language(
        "java",
        _GENERATOR,
        _openapi_generator("java"),
        ("java", "javac", "mvn"),
        ("", ()),
        ("javac", "-version"),
        (
            (
                *("mvn", "-q", "-B", "-ntp", "-f", "sdk/pom.xml", "-Dmaven.test.skip=true", "compile"),
                *("dependency:build-classpath", "-Dmdep.outputFile=../classpath"),
            ),
            ("javac", "-Xlint:all", "-Werror", "-cp", "sdk/target/classes:{classpath}", "-d", "out", "Check.java"),
        ),
        "javac -Xlint:all -Werror on the calls",
        ("java", "-cp", "out:sdk/target/classes:{classpath}", "Check"),
    ),
    Language(
        "kotlin",
        _GENERATOR,
        _openapi_generator("kotlin"),
        ("java", "mvn"),
        ("", ()),
        ("java", "-version"),
        (("mvn", "-q", "-B", "-ntp", "compile", "dependency:build-classpath", "-Dmdep.outputFile=classpath"),),
        "kotlinc, generated code included",
        ("java", "-cp", "target/classes:{classpath}", "CheckKt"),
    ),
    Language(
        "go",
        _GENERATOR,
        _openapi_generator("go"),
        ("go",),
        ("", ()),
        ("go", "version"),
        (("go", "vet", "-C", "sdk", "."), ("go", "vet", "."), ("go", "build", "-o", "check", ".")),
        "go vet, generated code included",
        ("./check",),
    ),
    Language(
        "rust",
        _GENERATOR,
        _openapi_generator("rust"),
        ("cargo",),
        ("", ()),
        ("cargo", "--version"),
        (("cargo", "build", "--quiet"),),
        "deny(warnings) on the calls",
        ("{cargo}/debug/check",),
        reads_new_values=False,
    ),
    Language(
        "php",
        _GENERATOR,
        _openapi_generator("php"),
        ("php",),
        ("php-guzzlehttp-guzzle", ("php", "-r", "exit((int) !is_file('/usr/share/php/GuzzleHttp/autoload.php'));")),
        ("php", "--version"),
        (("sh", "-c", "find sdk/lib check.php -name '*.php' -print0 | xargs -0 -n1 php -l >/dev/null"),),
        "php -l, warnings are errors when run",
        ("php", "check.php"),
    ),
    Language(
        "ruby",
        _GENERATOR,
        _openapi_generator("ruby"),
        ("ruby",),
        ("ruby-typhoeus", ("ruby", "-e", "require 'typhoeus'")),
        ("ruby", "--version"),
        (("sh", "-c", "find sdk/lib check.rb -name '*.rb' -print0 | xargs -0 ruby -wc >/dev/null"),),
        "ruby -wc",
        ("ruby", "check.rb"),
    ),
    Language("csharp", _GENERATOR, _openapi_generator("csharp"), grammar="csharp", suffix=".cs"),
    Language("swift6", _GENERATOR, _openapi_generator("swift6"), grammar="swift", suffix=".swift"),
    Language("dart", _GENERATOR, _openapi_generator("dart"), grammar="dart", suffix=".dart"),
)
