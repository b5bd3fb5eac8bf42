"""Times completions over an index and looks for anything that must not be suggested.

python bench/suggest.py whoosh:build/index            latency and size
python bench/suggest.py whoosh:build/index --sweep    every beginning of every label as well; some minutes
"""

from __future__ import annotations

import sys
import time
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np

from corpus import Vocabulary
from corpus.suggest_deny import read_suggest_deny
from indexer.engines import open_engine
from indexer.suggest import DenyList, Suggester

LIMIT = 10
MISSPELT = (
    "depresion",
    "alexathymia",
    "derealizashun",
    "antidepresants make me flat",
    "emotionel numness",
    "anxeity a",
)


def beginnings(vocabulary: Vocabulary) -> Iterator[str]:
    """Every label letter by letter, as it is typed."""
    for topic in vocabulary:
        for label in (topic.pref_label, *topic.alt_labels, *topic.hidden_labels):
            for end in range(1, len(label) + 1):
                yield label[:end].casefold()


def main(url: str, *, sweep: bool) -> int:
    snapshot = open_engine(url).snapshot()
    snapshot.suggest("numb", LIMIT)
    typed = sorted(set(beginnings(snapshot.vocabulary)))
    typed += [word[:end] for word in MISSPELT for end in range(4, len(word) + 1)] * 10
    chosen = typed if sweep else typed[:: max(1, len(typed) // 5000)] + typed[-10 * sum(map(len, MISSPELT)) :]
    deny = DenyList(read_suggest_deny())
    help_texts = {one.text for rule in deny.help for one in rule.suggestions}
    times: list[float] = []
    given = denied = 0
    for text in chosen:
        started = time.perf_counter()
        suggestions = snapshot.suggest(text, LIMIT)
        times.append((time.perf_counter() - started) * 1000)
        given += bool(suggestions)
        for suggestion in suggestions:
            if suggestion.text not in help_texts and deny.forbids(suggestion.text):
                denied += 1
                print("DENIED", repr(text), suggestion)
    times.sort()
    p50, p95, p99 = (times[int(len(times) * part)] for part in (0.5, 0.95, 0.99))
    print(f"{len(chosen):,} beginnings, {given / len(chosen):.0%} with suggestions, {denied} denied")
    print(f"p50 {p50:.2f} ms, p95 {p95:.2f} ms, p99 {p99:.2f} ms, longest {times[-1]:.1f} ms")
    tracemalloc.start()
    Suggester(
        snapshot.vocabulary, snapshot.documents.values(), {}, lambda *_: np.zeros(1, np.int32), read_suggest_deny()
    )
    print(f"{tracemalloc.get_traced_memory()[1] / 2**20:.1f} MB at most while it is made")
    return 1 if denied else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1], sweep="--sweep" in sys.argv))
