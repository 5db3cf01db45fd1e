"""Name → class, resolved on first use. Adding a strategy, space, problem, estimator or job kind = one file, one line here."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import Any, Generic, TypeVar

from nas.core.errors import UnknownName

T = TypeVar("T")


class Registry(Generic[T]):
    """Lazy: importing the registry imports nothing that it names."""

    def __init__(self, noun: str, entries: list[tuple[str, str]]) -> None:
        """`entries`: (name, "module:Class"). Raises ValueError for a name that stands twice."""
        self.noun = noun
        self._paths: dict[str, str] = {}
        self._classes: dict[str, type[T]] = {}
        for name, path in entries:
            self.add(name, path)

    def add(self, name: str, path: str) -> None:
        if name in self._paths:
            raise ValueError(f"the {self.noun} {name!r} is registered twice: {self._paths[name]} and {path}")
        self._paths[name] = path

    def remove(self, name: str) -> None:
        """Take an entry out again; for whoever added it for a while. Raises KeyError."""
        del self._paths[name]
        self._classes.pop(name, None)

    def names(self) -> tuple[str, ...]:
        return tuple(self._paths)

    def __contains__(self, name: object) -> bool:
        return name in self._paths

    def __iter__(self) -> Iterator[str]:
        return iter(self._paths)

    def get(self, name: str) -> type[T]:
        """The class. Raises UnknownName, naming what there is."""
        if name not in self._classes:
            if name not in self._paths:
                raise UnknownName(f"there is no {self.noun} {name!r:.60}; there are {', '.join(self._paths)}")
            module, _, attribute = self._paths[name].partition(":")
            found: Any = getattr(import_module(module), attribute)
            if found.name != name:
                raise ValueError(f"{self._paths[name]} calls itself {found.name!r} but is registered as {name!r}")
            self._classes[name] = found
        return self._classes[name]

    def check(self) -> None:
        """Resolve every line; raises whatever a broken one raises."""
        for name in self._paths:
            self.get(name)
