"""Sixteen numbers at a time: the steps of the null that its cost lies in, as vectors of the processor.

Numba makes vectors of plain loops, but it widens int32 to int64 on the way and reads the running total from memory at
each step. These steps say what is meant: whole numbers of 32 bits, added modulo 2**32, the totals kept in registers.
LLVM lowers the vectors to what the processor has, so nothing here depends on its kind, and whole numbers add to the
same in any order.

Sixteen numbers of 32 bits are a line of 64 bytes, which is also what the processor fetches at once; an array that does
not begin at such a line costs two fetches for each. `room` makes arrays that do. Arrays are C-contiguous, of any number
of dimensions; places in them are counted flat.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic
from numba.np.arrayobj import make_array
from numpy.typing import NDArray

__all__ = ["ABREAST", "LANES", "add_line", "add_rows", "room", "run_along", "tally"]

LANES = 16
LINE = 64  # bytes
ABREAST = 4  # draws whose totals stay in registers at once
INT32, INT64, FLOAT64 = ir.IntType(32), ir.IntType(64), ir.DoubleType()


def room(*shape: int) -> NDArray[np.int32]:
    """Zeros of int32 that begin at a line of memory."""
    size = int(np.prod(shape))
    bare = np.zeros(size + LANES, np.int32)
    first = -bare.ctypes.data % LINE // bare.itemsize
    return bare[first : first + size].reshape(shape)


class _Lanes:
    """Loads and stores of sixteen lanes of an array."""

    def __init__(self, context: Any, builder: Any, kind: Any = INT32) -> None:
        self.context, self.builder, self.type = context, builder, ir.VectorType(kind, LANES)

    def _place(self, kind: Any, array: Any, at: Any) -> Any:
        data = make_array(kind)(self.context, self.builder, array).data
        return self.builder.bitcast(self.builder.gep(data, [at]), self.type.as_pointer())

    def load(self, kind: Any, array: Any, at: Any) -> Any:
        found = self.builder.load(self._place(kind, array, at))
        found.align = 4
        return found

    def store(self, value: Any, kind: Any, array: Any, at: Any) -> None:
        self.builder.store(value, self._place(kind, array, at)).align = 4

    def all(self, value: float) -> Any:
        """The same constant in every lane."""
        return ir.Constant(self.type, [value] * LANES)

    def total(self, first: Any) -> Any:
        """A total that LLVM keeps in a register."""
        return cgutils.alloca_once_value(self.builder, first)


def _number(value: int) -> Any:
    return ir.Constant(INT64, value)


def _entry(context: Any, builder: Any, *given: Any) -> Any:
    """Entry `at` of an array of whole numbers that are not negative, as int64; given are its kind, itself, and `at`."""
    kind, array, at = given
    data = make_array(kind)(context, builder, array).data
    found = builder.load(builder.gep(data, [at]))
    return found if found.type == INT64 else builder.zext(found, INT64)


@intrinsic
def add_line(_typing: Any, lines: Any, sums: Any, at: Any) -> Any:
    """Put ``lines[a:] + sums[b:]`` at ``sums[c:]``, 16 lanes of each; `at` is (a, b, c)."""
    signature = types.void(lines, sums, at)

    def generate(context: Any, builder: Any, *given: Any) -> Any:
        args = given[1]
        lanes = _Lanes(context, builder)
        line, lower, upper = cgutils.unpack_tuple(builder, args[2], 3)
        total = builder.add(lanes.load(lines, args[0], line), lanes.load(sums, args[1], lower))
        lanes.store(total, sums, args[1], upper)
        return context.get_dummy_value()

    return signature, generate


@intrinsic
def run_along(_typing: Any, lines: Any, genes: Any, sums: Any, at: Any) -> Any:
    """Running sums of the lines of some genes, ``genes[first : first + n]``.

    `at` is (first, n, place, begin, step): the line of gene g begins at ``lines[begin + g * step]``, and the sums after
    each gene go to ``sums[place:]`` line after line.
    """
    signature = types.void(lines, genes, sums, at)

    def generate(context: Any, builder: Any, *given: Any) -> Any:
        args = given[1]
        lanes = _Lanes(context, builder)
        first, n, place, begin, step = cgutils.unpack_tuple(builder, args[3], 5)
        total = lanes.total(lanes.all(0))
        with cgutils.for_range(builder, n) as loop:
            gene = _entry(context, builder, genes, args[1], builder.add(first, loop.index))
            line = builder.add(begin, builder.mul(gene, step))
            value = builder.add(builder.load(total), lanes.load(lines, args[0], line))
            builder.store(value, total)
            lanes.store(value, sums, args[2], builder.add(place, builder.mul(loop.index, _number(LANES))))
        return context.get_dummy_value()

    return signature, generate


@intrinsic
def add_rows(_typing: Any, source: Any, plus: Any, minus: Any, at: Any, out: Any) -> Any:
    """Add some lines of sums to one of `ground` and take others off, for ``ABREAST`` draws at once.

    `source` is (sums, ground). `plus` and `minus` are (lines, first, last): the lines begin in the sums of a draw at
    ``lines[first:last]``. `at` is (stride from the sums of a draw to those of the next, place in `ground`, place in
    `out`, where the draws come line after line).
    """
    signature = types.void(source, plus, minus, at, out)

    def generate(context: Any, builder: Any, *given: Any) -> Any:
        args = given[1]
        lanes = _Lanes(context, builder)
        sums, ground = cgutils.unpack_tuple(builder, args[0], 2)
        stride, begin, place = cgutils.unpack_tuple(builder, args[3], 3)
        totals = [lanes.total(lanes.load(source[1], ground, begin)) for _ in range(ABREAST)]
        for kind, some, step in ((plus, args[1], builder.add), (minus, args[2], builder.sub)):
            lines, first, last = cgutils.unpack_tuple(builder, some, 3)
            with cgutils.for_range(builder, builder.sub(last, first)) as loop:
                line = _entry(context, builder, kind[0], lines, builder.add(first, loop.index))
                for total in totals:
                    builder.store(step(builder.load(total), lanes.load(source[0], sums, line)), total)
                    line = builder.add(line, stride)
        for draw, total in enumerate(totals):
            lanes.store(builder.load(total), out, args[4], builder.add(place, _number(draw * LANES)))
        return context.get_dummy_value()

    return signature, generate


@intrinsic
def tally(_typing: Any, scores: Any, found: Any, at: Any, out: Any) -> Any:
    """Count random scores of at least those found, and add up how far they lie off and the squares of that.

    `at` is (lines of `scores`, place in `found`, place in `out`, floor under a score); `out` holds three lines.
    """
    signature = types.void(scores, found, at, out)

    def generate(context: Any, builder: Any, *given: Any) -> Any:
        args = given[1]
        lanes = _Lanes(context, builder, FLOAT64)
        n, here, place, least = cgutils.unpack_tuple(builder, args[2], 4)
        bar, floor = lanes.load(found, args[1], here), _everywhere(builder, lanes.type, least)
        places = [builder.add(place, _number(k * LANES)) for k in range(3)]
        count, total, squares = (lanes.total(lanes.load(out, args[3], one)) for one in places)
        with cgutils.for_range(builder, n) as loop:
            score = lanes.load(scores, args[0], builder.mul(loop.index, _number(LANES)))
            score = builder.select(builder.fcmp_ordered("<", score, floor), floor, score)
            away = builder.fsub(score, bar)
            one = builder.select(builder.fcmp_ordered(">=", away, lanes.all(0.0)), lanes.all(1.0), lanes.all(0.0))
            for sums, more in ((count, one), (total, away), (squares, builder.fmul(away, away))):
                builder.store(builder.fadd(builder.load(sums), more), sums)
        for to, sums in zip(places, (count, total, squares), strict=True):
            lanes.store(builder.load(sums), out, args[3], to)
        return context.get_dummy_value()

    return signature, generate


def _everywhere(builder: Any, kind: Any, value: Any) -> Any:
    """A number in every lane."""
    nothing = ir.Constant(kind, ir.Undefined)
    first = builder.insert_element(nothing, value, ir.Constant(INT32, 0))
    return builder.shuffle_vector(first, nothing, ir.Constant(ir.VectorType(INT32, LANES), [0] * LANES))
