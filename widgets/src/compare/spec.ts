// What Python sends of a comparison: words and numbers ready to show.
// `tests/widgets/test_compare.py` compares these fields with what it writes.

export interface ComparedAxis {
  id: string;
  title: string;
  labels: string[];
  counts: number[][];
  lines: string[];
  bands: [string, string, number, number, string][];
  bars: [number, number, number, string][];
  texts: [number, number, string, string][];
  shift: (string | number)[][];
  changes: Changed[];
  n_changes: number;
}

export interface Changed {
  at: number;
  cells: string[];
  cell: string;
  why: string;
  genes: boolean;
}

export interface CompareSpec {
  format: "resistype-compare";
  format_version: 1;
  title: string;
  note: string;
  names: string[];
  lines: string[];
  differences: string[][];
  heads: { matrix: string; shift: string[]; changes: string[]; differences: string[] };
  axes: ComparedAxis[];
}
