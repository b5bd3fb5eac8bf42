"""A thread-safe cache of bounded cost that forgets what was used longest ago."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class BoundedCache(Generic[K, V]):
    """Holds values whose costs add up to no more than `budget`; a value dearer than that is not kept."""

    def __init__(self, budget: int, cost: Callable[[V], int]) -> None:
        self._budget = budget
        self._cost = cost
        self._values: OrderedDict[K, V] = OrderedDict()
        self._spent = 0
        self._lock = Lock()

    def get(self, key: K) -> V | None:
        with self._lock:
            value = self._values.get(key)
            if value is not None:
                self._values.move_to_end(key)
            return value

    def put(self, key: K, value: V) -> None:
        cost = self._cost(value)
        if cost > self._budget:
            return
        with self._lock:
            if key in self._values:
                return
            self._values[key] = value
            self._spent += cost
            while self._spent > self._budget:
                _, dropped = self._values.popitem(last=False)
                self._spent -= self._cost(dropped)

    @property
    def spent(self) -> int:
        """What the values held now cost."""
        return self._spent
