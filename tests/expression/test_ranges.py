"""Row ranges: they cover every row once and stay within the budget."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st

from resistype.errors import ExpressionError
from resistype.expression.blocks import as_bytes, in_words, row_ranges, total_bytes


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("512MB", 512_000_000),
        ("2 GiB", 2 << 30),
        ("1.5GB", 1_500_000_000),
        ("64kib", 65_536),
        ("900", 900),
        (4096, 4096),
        (" 1KB ", 1000),
        ("7B", 7),
    ],
)
def test_sizes_in_words(text: str | int, size: int) -> None:
    assert as_bytes(text) == size


@pytest.mark.parametrize(
    "text", ["", "lots", "512 M", "-1MB", "0", "1e9", "5 MB more", "٣MB", "MB"]
)
def test_what_is_no_size(text: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        as_bytes(text)

    assert (
        str(caught.value)
        == f"E303 memory={text!r} is not a size. Give a number of bytes, or a text like '512MB' or"
        " '2GB'."
    )


def test_a_dense_row_needs_eight_bytes_a_gene() -> None:
    assert total_bytes(np.zeros((3, 10))).tolist() == [0, 80, 160, 240]


def test_a_sparse_row_needs_what_it_stores() -> None:
    assert total_bytes(sp.csr_matrix(np.eye(3, 5))).tolist() == [0, 24, 48, 72]


@given(st.integers(0, 40), st.integers(1, 9), st.integers(72, 2000), st.none() | st.integers(1, 1))
def test_ranges_follow_each_other_and_fit(
    n_obs: int, n_genes: int, budget: int, rows: int | None
) -> None:
    ranges = list(row_ranges(np.zeros((n_obs, n_genes)), memory=budget, rows=rows))

    assert [row for block in ranges for row in range(*block)] == list(range(n_obs))
    assert all((stop - start) * n_genes * 8 <= budget for start, stop in ranges)


@given(st.integers(1, 40), st.integers(1, 50))
def test_a_fixed_number_of_rows_is_kept(n_obs: int, rows: int) -> None:
    sizes = [stop - start for start, stop in row_ranges(np.zeros((n_obs, 3)), rows=rows)]

    assert all(size == rows for size in sizes[:-1])
    assert sizes[-1] <= rows


def test_uneven_sparse_rows_are_cut_by_what_they_store() -> None:
    values = np.zeros((4, 100))
    values[2] = 1.0

    ranges = list(row_ranges(sp.csr_matrix(values), memory=1608))

    assert ranges == [(0, 2), (2, 3), (3, 4)]


def test_a_block_that_fits_to_the_byte_is_one_block() -> None:
    assert list(row_ranges(np.zeros((100, 1000)), memory=800_000, rows=100)) == [(0, 100)]


@pytest.mark.parametrize(
    ("genes", "budget", "rows", "words"),
    [
        (
            1000,
            "80KB",
            50,
            "One block of 50 rows needs 400 KB but the budget is 80 KB; lower rows to ≤ 10",
        ),
        (
            1000,
            "700KB",
            100,
            "One block of 100 rows needs 800 KB but the budget is 700 KB; lower rows to ≤ 87",
        ),
        (1000, 100, None, "One row needs 8 KB but the budget is 100 bytes; raise memory=."),
        (1000, 100, 5, "One row needs 8 KB but the budget is 100 bytes; raise memory=."),
    ],
)
def test_what_does_not_fit_is_told_with_what_would(
    genes: int, budget: str | int, rows: int | None, words: str
) -> None:
    with pytest.raises(ExpressionError) as caught:
        list(row_ranges(np.zeros((100, genes)), memory=budget, rows=rows))

    end = "" if words.endswith(".") else " or raise memory=."
    assert str(caught.value) == f"E302 {words}{end}"


@pytest.mark.parametrize(
    ("size", "words"),
    [
        (0, "0 bytes"),
        (999, "999 bytes"),
        (1_000, "1 KB"),
        (1_234_567, "1.23 MB"),
        (9_100_000_000, "9.1 GB"),
    ],
)
def test_sizes_as_one_reads_them(size: int, words: str) -> None:
    assert in_words(size) == words
