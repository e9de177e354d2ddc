// SPDX-License-Identifier: Apache-2.0
// The difference of two documents, line by line.

export interface DiffLine {
  kind: 'same' | 'added' | 'removed';
  text: string;
}

export interface Skipped {
  kind: 'skipped';
  lines: number;
}

/** Documents with more lines are compared only after their common beginning and end. */
const LIMIT = 2000;

export function lines(text: string): string[] {
  return text.replace(/\r\n/g, '\n').replace(/\n$/, '').split('\n');
}

/** The shortest list of removed and added lines (longest common subsequence). */
export function diff(before: readonly string[], after: readonly string[]): DiffLine[] {
  let start = 0;
  while (start < before.length && start < after.length && before[start] === after[start]) start++;
  let end = 0;
  while (end < before.length - start && end < after.length - start
    && before[before.length - 1 - end] === after[after.length - 1 - end]) end++;
  return [
    ...before.slice(0, start).map(same),
    ...middle(before.slice(start, before.length - end), after.slice(start, after.length - end)),
    ...before.slice(before.length - end).map(same),
  ];
}

function same(text: string): DiffLine {
  return { kind: 'same', text };
}

function middle(before: string[], after: string[]): DiffLine[] {
  const removed: DiffLine[] = before.map((text) => ({ kind: 'removed', text }));
  const added: DiffLine[] = after.map((text) => ({ kind: 'added', text }));
  if (before.length === 0 || after.length === 0 || before.length > LIMIT || after.length > LIMIT) return [...removed, ...added];
  const common = commonLengths(before, after);
  const result: DiffLine[] = [];
  let i = 0;
  let j = 0;
  while (i < before.length && j < after.length) {
    if (before[i] === after[j]) {
      result.push(same(before[i++]!));
      j++;
    } else if (common[i + 1]![j]! >= common[i]![j + 1]!) {
      result.push(removed[i++]!);
    } else {
      result.push(added[j++]!);
    }
  }
  return [...result, ...removed.slice(i), ...added.slice(j)];
}

/** For each pair of positions, the length of the longest common subsequence of what follows. */
function commonLengths(before: string[], after: string[]): Uint16Array[] {
  const table = Array.from({ length: before.length + 1 }, () => new Uint16Array(after.length + 1));
  for (let i = before.length - 1; i >= 0; i--) {
    for (let j = after.length - 1; j >= 0; j--) {
      table[i]![j] = before[i] === after[j] ? table[i + 1]![j + 1]! + 1 : Math.max(table[i + 1]![j]!, table[i]![j + 1]!);
    }
  }
  return table;
}

/** Leaves out unchanged lines that are further away from a change than `context` lines. */
export function folded(all: readonly DiffLine[], context = 3): (DiffLine | Skipped)[] {
  const near = all.map((_, at) => all.slice(Math.max(0, at - context), at + context + 1).some((line) => line.kind !== 'same'));
  const result: (DiffLine | Skipped)[] = [];
  all.forEach((line, at) => {
    const last = result[result.length - 1];
    if (near[at]) result.push(line);
    else if (last?.kind === 'skipped') last.lines++;
    else result.push({ kind: 'skipped', lines: 1 });
  });
  return result;
}

/** How many lines differ, in words. */
export function summary(all: readonly DiffLine[]): string {
  const count = (kind: DiffLine['kind']) => all.filter((line) => line.kind === kind).length;
  const [added, removed] = [count('added'), count('removed')];
  return `${added} ${added === 1 ? 'line' : 'lines'} added, ${removed} removed`;
}
