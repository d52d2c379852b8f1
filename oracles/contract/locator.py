"""Lines of keys in a TOML text: `("layers", 0, "weight")` is on line 12.

tomllib keeps no lines. This scanner walks a text that tomllib has accepted, so it does not check
anything; it only has to find its way through strings, comments, brackets and keys.
"""

from __future__ import annotations

import re

from oracles.contract.tables import KeyPath

_SPACE = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_BLANK = re.compile(r"[ \t]*")
_BARE = re.compile(r"[A-Za-z0-9_-]+")
_STRING = re.compile(
    r'"""(?:\\.|[^\\])*?"{3,5}|' + r"'''(?:.)*?'{3,5}|" + r'"(?:\\.|[^"\\\n])*"|' + r"'[^'\n]*'",
    re.DOTALL,
)
_PLAIN = re.compile(r"[^,\]}#\n]+")


def line_of(lines: dict[KeyPath, int], key: KeyPath) -> int:
    """The line of a key, else that of the nearest table or array around it, else 0."""
    for length in range(len(key), 0, -1):
        if key[:length] in lines:
            return lines[key[:length]]
    return 0


def locate(text: str) -> dict[KeyPath, int]:
    """The line, from 1, of every key, table, and element of an array."""
    return _Scanner(text.replace("\r\n", "\n")).document()


class _Scanner:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.line = 1
        self.lines: dict[KeyPath, int] = {}
        self.items: dict[KeyPath, int] = {}

    def document(self) -> dict[KeyPath, int]:
        table: KeyPath = ()
        self.skip(_SPACE)
        while self.at < len(self.text):
            if self.text.startswith("[", self.at):
                table = self.header()
            else:
                self.pair(table)
            self.skip(_SPACE)
        return self.lines

    def header(self) -> KeyPath:
        line, several = self.line, self.text.startswith("[[", self.at)
        self.at += 2 if several else 1
        parts = self.key()
        self.at += 2 if several else 1
        table: KeyPath = ()
        for i, part in enumerate(parts):
            table = (*table, part)
            self.lines.setdefault(table, line)
            if several and i == len(parts) - 1:
                self.items[table] = self.items.get(table, -1) + 1
            if table in self.items:
                table = (*table, self.items[table])
                self.lines.setdefault(table, line)
        return table

    def pair(self, table: KeyPath) -> None:
        line = self.line
        key = table
        for part in self.key():
            key = (*key, part)
            self.lines.setdefault(key, line)
        self.at += 1
        self.skip(_BLANK)
        self.value(key)

    def key(self) -> list[str]:
        parts: list[str] = []
        while True:
            self.skip(_BLANK)
            quoted = _STRING.match(self.text, self.at)
            bare = _BARE.match(self.text, self.at)
            match = quoted or bare
            if match is None:
                return parts
            parts.append(_unquoted(match.group()) if quoted else match.group())
            self.skip_to(match.end())
            self.skip(_BLANK)
            if not self.text.startswith(".", self.at):
                return parts
            self.at += 1

    def value(self, key: KeyPath) -> None:
        self.lines.setdefault(key, self.line)
        start = self.text[self.at : self.at + 1]
        if start == "[":
            self.array(key)
        elif start == "{":
            self.inline_table(key)
        else:
            self.skip(_STRING if start in ("'", '"') else _PLAIN)

    def array(self, key: KeyPath) -> None:
        self.at += 1
        index = 0
        self.skip(_SPACE)
        while self.at < len(self.text) and not self.text.startswith("]", self.at):
            self.value((*key, index))
            index += 1
            self.next_item("]")
        self.at += 1

    def inline_table(self, key: KeyPath) -> None:
        self.at += 1
        self.skip(_SPACE)
        while self.at < len(self.text) and not self.text.startswith("}", self.at):
            self.pair(key)
            self.next_item("}")
        self.at += 1

    def next_item(self, closing: str) -> None:
        """Past the comma; past anything else in a text that is no TOML, so that it ends."""
        self.skip(_SPACE)
        if not self.text.startswith(closing, self.at):
            self.skip_to(min(self.at + 1, len(self.text)))
        self.skip(_SPACE)

    def skip(self, pattern: re.Pattern[str]) -> None:
        match = pattern.match(self.text, self.at)
        self.skip_to(match.end() if match and match.end() > self.at else self.at)

    def skip_to(self, end: int) -> None:
        self.line += self.text.count("\n", self.at, end)
        self.at = end


def _unquoted(key: str) -> str:
    """A quoted key; escapes are kept as they are, names of entries have none."""
    return key[1:-1]
