"""Papermill's parameters as Go declarations.

Papermill has entry points for engines, not for translators, and loads them when it is
imported. So this module offers papermill's own engine under another name, and registers
the translator meanwhile.
"""

import math
import re

from papermill.engines import NBClientEngine
from papermill.exceptions import PapermillException
from papermill.translators import Translator, papermill_translators

KEYWORDS = set(
    "break case chan const continue default defer else fallthrough for func go goto if "
    "import interface map package range return select struct switch type var".split()
)


class GoTranslator(Translator):
    """Each parameter becomes a variable, which replaces the notebook's own."""

    @classmethod
    def translate_none(cls, val):
        return "any(nil)"

    @classmethod
    def translate_int(cls, val):
        if not -(2**63) <= val < 2**63:
            raise PapermillException(f"{val} does not fit into Go's int")
        return str(val)

    @classmethod
    def translate_float(cls, val):
        if math.isnan(val):
            return "math.NaN()"
        if math.isinf(val):
            return f"math.Inf({1 if val > 0 else -1})"
        return f"float64({val!r})"

    @classmethod
    def translate_escaped_str(cls, str_val):
        return '"' + "".join(escape(c) for c in str(str_val)) + '"'

    @classmethod
    def translate_list(cls, val):
        return f"[]{common_type(val)}{{{', '.join(map(cls.translate, val))}}}"

    @classmethod
    def translate_dict(cls, val):
        items = (f"{cls.translate_escaped_str(k)}: {cls.translate(v)}" for k, v in val.items())
        return f"map[string]{common_type(val.values())}{{{', '.join(items)}}}"

    @classmethod
    def comment(cls, cmt_str):
        return f"// {cmt_str}".strip()

    @classmethod
    def assign(cls, name, str_val):
        if not re.fullmatch(r"[^\W\d]\w*", name) or name in KEYWORDS:
            raise PapermillException(f"{name} cannot be a variable of Go")
        return f"var {name} = {str_val}"


def escape(char: str) -> str:
    if char in '"\\':
        return "\\" + char
    if char.isprintable():
        return char
    code = ord(char)
    if 0xD800 <= code < 0xE000:
        raise PapermillException("half of a surrogate pair cannot be in a string of Go")
    return f"\\U{code:08x}"


def go_type(val) -> str:
    if isinstance(val, list):
        return "[]" + common_type(val)
    if isinstance(val, dict):
        return "map[string]" + common_type(val.values())
    return {bool: "bool", int: "int", float: "float64", str: "string"}.get(type(val), "any")


def common_type(values) -> str:
    """Return the type that all values have; whole numbers among others are float64."""
    types = {go_type(v) for v in values}
    if types == {"int", "float64"}:
        return "float64"
    return types.pop() if len(types) == 1 else "any"


papermill_translators.register("go", GoTranslator)

Engine = NBClientEngine
