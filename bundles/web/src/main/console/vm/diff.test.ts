// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { diff, folded, lines, summary } from './diff.ts';

function text(before: string, after: string): string[] {
  return diff(lines(before), lines(after)).map(({ kind, text: line }) => `${{ same: ' ', added: '+', removed: '-' }[kind]}${line}`);
}

test('a changed line is removed and added, the others are the same', () => {
  assert.deepEqual(text('a\nb\nc\n', 'a\nB\nc\n'), [' a', '-b', '+B', ' c']);
});

test('lines that were added or removed at the edges are found', () => {
  assert.deepEqual(text('a\nb', 'x\na\nb\ny'), ['+x', ' a', ' b', '+y']);
  assert.deepEqual(text('x\na\nb\ny', 'a\nb'), ['-x', ' a', ' b', '-y']);
  assert.deepEqual(text('a\na\nb', 'a\nb'), [' a', '-a', ' b']);
});

test('equal documents have no difference, whatever their line ends', () => {
  assert.ok(text('a\r\nb\r\n', 'a\nb').every((line) => line.startsWith(' ')));
});

test('unchanged lines far from a change are left out', () => {
  const before = Array.from({ length: 20 }, (_, at) => `line ${at}`);
  const after = [...before.slice(0, 10), 'new', ...before.slice(10)];
  assert.deepEqual(folded(diff(before, after), 1).map((line) => (line.kind === 'skipped' ? line.lines : line.text)), [9, 'line 9', 'new', 'line 10', 9]);
});

test('a difference is summed up in words', () => {
  assert.equal(summary(diff(lines('a\nb\nc'), lines('a\nB\nC\nc'))), '2 lines added, 1 removed');
  assert.equal(summary(diff(['a'], ['a', 'b'])), '1 line added, 0 removed');
});
