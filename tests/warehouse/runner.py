"""Runs a Databricks notebook in source format, unmodified, against the engine.

Gives it ``spark``, ``dbutils`` (widgets, ``notebook.exit``, secrets from the environment),
``display`` and ``%sql`` cells; ``%md``, ``%pip`` and other magics are passed over.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyarrow as pa

from tests.warehouse.engine import Engine, joined_identifiers
from tests.warehouse.parameters import Parameter, bind

_WIDGET = r"(?is)\s*CREATE\s+WIDGET\s+(?:TEXT|DROPDOWN|COMBOBOX)\s+(\w+)\s+DEFAULT\s+'([^']*)'"
_READS = r"(?is)\s*(SELECT|WITH|SHOW\s+TABLES|SHOW\s+SCHEMAS|VALUES)\b"


@dataclass
class Outcome:
    """What a notebook gave by ``dbutils.notebook.exit``, displayed (Arrow tables) and sent as SQL."""

    value: str = ""
    statements: list[str] = field(default_factory=list)
    shown: list[Any] = field(default_factory=list)


class _Exit(Exception):
    pass


def run_notebook(engine: Engine, path: Path, parameters: Mapping[str, str]) -> Outcome:
    """Run all cells; errors come through as they are raised."""
    return _Notebook(engine, parameters).run(path)


def cells(path: Path) -> Iterator[tuple[str, str]]:
    """Language and text of each cell that can be run, in order."""
    mark = "--" if path.suffix == ".sql" else "#"
    own = "sql" if path.suffix == ".sql" else "python"
    head, _, body = path.read_text(encoding="utf-8").partition("\n")
    if head != f"{mark} Databricks notebook source":
        raise ValueError(f"{path.name} is not a Databricks notebook source")
    for chunk in re.split(rf"(?m)^{mark} COMMAND -+\s*$", body):
        lines = [line for line in chunk.splitlines() if line.strip()]
        if not lines:
            continue
        if not all(line.startswith(f"{mark} MAGIC") for line in lines):
            yield own, chunk
            continue
        text = re.sub(rf"(?m)^{mark} MAGIC ?", "", chunk.strip("\n"))
        if magic := re.match(r"\s*%(sql|python)\b\s*(.*)", text, re.DOTALL):
            yield magic[1], magic[2]


def statements(text: str) -> list[str]:
    """The statements of a SQL cell; a semicolon ends one at the end of a line."""
    without_comments = re.sub(r"(?m)^\s*--.*$", "", text)
    return [s for s in re.split(r";\s*(?:\n|$)", without_comments) if s.strip()]


class _Notebook:
    def __init__(self, engine: Engine, parameters: Mapping[str, str]) -> None:
        self.engine = engine
        self.given = parameters
        self.widgets: dict[str, str] = {}
        self.outcome = Outcome()

    def run(self, path: Path) -> Outcome:
        engine = self.engine
        engine.spark.sql = self.sql  # notebooks go on calling spark.sql
        names = {"__name__": "__main__", "spark": engine.spark, "display": self.display}
        names["dbutils"] = self._dbutils()
        before = list(sys.path)
        sys.path.insert(0, str(path.resolve().parents[1]))  # as a Git folder has it
        try:
            for number, (language, text) in enumerate(cells(path), start=1):
                if language == "python":
                    exec(compile(text, f"{path.name} cell {number}", "exec"), names)
                else:
                    self._sql_cell(text)
        except _Exit as left:
            self.outcome.value = str(left)
        finally:
            sys.path[:] = before
            del engine.spark.sql
        return self.outcome

    def sql(self, text: str, args: Mapping[str, Any] | None = None, **_: Any) -> Any:
        """``spark.sql`` with parameters in every statement, and what the engine lacks."""
        self.outcome.statements.append(text)
        values = {name: str(value) for name, value in {**self.widgets, **(args or {})}.items()}
        given = [Parameter(name, "STRING", value) for name, value in values.items()]
        text = joined_identifiers(bind(text, given))
        if re.match(_READS, text) and "table_changes" not in text:
            self.engine.register_new()
            return self.engine.plain_sql(text)
        return self._frame(self.engine.execute(text))

    def _frame(self, table: pa.Table) -> Any:
        from pyspark.sql.pandas.types import from_arrow_schema

        if table.num_rows:
            return self.engine.spark.createDataFrame(table)
        return self.engine.spark.createDataFrame([], from_arrow_schema(table.schema))

    def display(self, frame: Any, *_: Any, **__: Any) -> None:
        self.outcome.shown.append(frame.toArrow() if hasattr(frame, "toArrow") else frame)

    def _sql_cell(self, text: str) -> None:
        for statement in statements(text):
            if widget := re.match(_WIDGET, statement):
                self._widget(widget[1], widget[2])
                continue
            answer = self.sql(statement)
            if re.match(_READS, statement):
                self.display(answer)

    def _widget(self, name: str, default: str = "", *_: Any, **__: Any) -> None:
        self.widgets[name] = str(self.given.get(name, default))

    def _dbutils(self) -> SimpleNamespace:
        def leave(value: str = "") -> None:
            raise _Exit(value)

        kinds = ("text", "dropdown", "combobox", "multiselect")
        widgets = SimpleNamespace(
            **dict.fromkeys(kinds, self._widget),
            get=lambda name: self.widgets[name],
            getAll=lambda: dict(self.widgets),
        )
        secrets = SimpleNamespace(get=lambda scope, key: os.environ[f"{scope}_{key}".upper()])
        return SimpleNamespace(
            widgets=widgets, notebook=SimpleNamespace(exit=leave), secrets=secrets
        )
