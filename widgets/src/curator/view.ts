// What Python says of a draft; the same shape as in resistype/widgets/curator.py.
export interface Field {
  key: string;
  label: string;
  value: string;
  choices: string[] | null;
}
export interface Row {
  key: number;
  name: string;
  down: boolean;
  weight: string;
  citation: string;
  note: string;
  cells: (number | null)[];
  bad: boolean;
  said: string[];
  mends: [string, string][];
}
export interface Figures {
  n: number;
  quartiles: number[];
  points: number[];
}
export interface Spread {
  title: string;
  words: string;
  caution: string;
  heads: string[];
  versions: [string, string];
  groups: [string, [Figures, Figures]][];
}
export interface View {
  title: string;
  state: string;
  said: string[];
  trouble: string;
  buttons: [string, string, string][];
  form: Field[];
  heads: string[];
  rows: Row[];
  problems: string[];
  measured: string;
  overlap_heads: string[];
  overlap: (string | number)[][];
  diff: string[];
  cohorts: string[];
  cohort: string;
  columns: string[];
  values: Record<string, string[]>;
  by: string;
  change: boolean;
  pairs: boolean;
  spread: Spread | null;
  selected: number;
}
export type Act = (name: string, ...given: (string | number | boolean)[]) => void;
