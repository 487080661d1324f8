"""Data files in YAML, typed and checked when they are loaded; an error names the file and the line."""

from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from entrepot.errors import EntrepotError

T = TypeVar("T")


class Strict(BaseModel):
    """What a data file holds: nothing that is not asked for, and nothing that changes once it is read."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def load_yaml(path: Path, adapter: TypeAdapter[T], error: type[EntrepotError]) -> T:
    """Read a file as what the adapter describes.

    Args:
        path: the file.
        adapter: what it must hold.
        error: raised when it does not, or is no YAML.
    """
    text = path.read_text(encoding="utf-8")
    try:
        return adapter.validate_python(yaml.safe_load(text))
    except yaml.MarkedYAMLError as fault:
        line = fault.problem_mark.line + 1 if fault.problem_mark else 1
        raise error(f"{path}, line {line}: {fault.problem}.") from None
    except ValidationError as fault:
        first = fault.errors()[0]
        line = _line(yaml.compose(text, Loader=yaml.SafeLoader), first["loc"])
        where = ".".join(str(part) for part in first["loc"])
        raise error(f"{path}, line {line}: {where}: {first['msg']}.") from None


def _line(node: yaml.Node | None, location: Sequence[int | str]) -> int:
    """Line of the deepest node an error's location leads to.

    A missing key and the tag of a union are in the location but not in the file.
    """
    line = node.start_mark.line if node else 0
    for part in location:
        if isinstance(node, yaml.SequenceNode) and isinstance(part, int):
            node = node.value[part]
            line = node.start_mark.line
        elif isinstance(node, yaml.MappingNode):
            found = next(((key, value) for key, value in node.value if key.value == part), None)
            if found:
                line, node = found[0].start_mark.line, found[1]
        else:
            break
    return line + 1
