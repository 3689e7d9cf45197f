"""Sixteen whole numbers at a time: the two steps of the null that its cost lies in, as vectors of the processor.

Numba makes vectors of plain loops, but it widens int32 to int64 on the way and reads the running total from memory at
each step. These two steps say what is meant: whole numbers of 32 bits, added modulo 2**32, the totals kept in
registers. LLVM lowers the vectors to what the processor has, so nothing here depends on its kind, and whole numbers
add to the same in any order.

Arrays are C-contiguous int32, of any number of dimensions; places in them are counted flat.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic
from numba.np.arrayobj import make_array

__all__ = ["CHUNK", "LANES", "add_line", "add_rows"]

LANES = 16
CHUNK = 64  # lanes whose totals stay in registers at once
INT32 = ir.IntType(32)


class _Lanes:
    """Loads and stores of some lanes of an array."""

    def __init__(self, context: Any, builder: Any, n: int) -> None:
        self.context, self.builder, self.type = context, builder, ir.VectorType(INT32, n)

    def _place(self, kind: Any, array: Any, at: Any) -> Any:
        data = make_array(kind)(self.context, self.builder, array).data
        return self.builder.bitcast(self.builder.gep(data, [at]), self.type.as_pointer())

    def load(self, kind: Any, array: Any, at: Any) -> Any:
        found = self.builder.load(self._place(kind, array, at))
        found.align = 4
        return found

    def store(self, value: Any, kind: Any, array: Any, at: Any) -> None:
        self.builder.store(value, self._place(kind, array, at)).align = 4


@intrinsic
def add_line(_typing: Any, lines: Any, sums: Any, at: Any) -> Any:
    """Put ``lines[a:] + sums[b:]`` at ``sums[c:]``, 16 lanes of each; `at` is (a, b, c)."""
    signature = types.void(lines, sums, at)

    def generate(context: Any, builder: Any, *given: Any) -> Any:
        args = given[1]
        lanes = _Lanes(context, builder, LANES)
        line, lower, upper = cgutils.unpack_tuple(builder, args[2], 3)
        total = builder.add(lanes.load(lines, args[0], line), lanes.load(sums, args[1], lower))
        lanes.store(total, sums, args[1], upper)
        return context.get_dummy_value()

    return signature, generate


@intrinsic
def add_rows(_typing: Any, source: Any, plus: Any, minus: Any, at: Any, out: Any) -> Any:
    """Add some rows of sums to ``CHUNK`` lanes of `out` and take others off.

    `source` is (sums, ground): `out` begins as the lanes of `ground` at the same place. `plus` and `minus` are
    (rows, first, last): the rows begin in `sums` at ``rows[first:last]``. `at` is (lane of each row, place in `out`).
    """
    signature = types.void(source, plus, minus, at, out)

    def generate(context: Any, builder: Any, *given: Any) -> Any:
        args = given[1]
        (sums, ground), (lane, place) = (cgutils.unpack_tuple(builder, args[k], 2) for k in (0, 3))
        lanes = _Lanes(context, builder, CHUNK)
        total = cgutils.alloca_once_value(builder, lanes.load(source[1], ground, place))
        for kind, some, step in ((plus, args[1], builder.add), (minus, args[2], builder.sub)):
            rows, first, last = cgutils.unpack_tuple(builder, some, 3)
            starts = make_array(kind[0])(context, builder, rows).data
            with cgutils.for_range(builder, builder.sub(last, first)) as loop:
                row = builder.load(builder.gep(starts, [builder.add(first, loop.index)]))
                line = lanes.load(source[0], sums, builder.add(row, lane))
                builder.store(step(builder.load(total), line), total)
        lanes.store(builder.load(total), out, args[4], place)
        return context.get_dummy_value()

    return signature, generate
