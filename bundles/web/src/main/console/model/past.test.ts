// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { behind, Feed, merged, type PastItem } from './past.ts';

function item(id: string, minute: number): PastItem {
  const at = `2026-11-30T10:${String(minute).padStart(2, '0')}:00Z`;
  return { id, at, entries: [{ at, kind: 'finding', object: id, text: id, bad: false }] };
}

function texts(feeds: Feed[], live: PastItem[] = []): string[] {
  return merged(feeds, live).map((entry) => entry.text);
}

test('two lists are one, newest first, only as far back as both are known', () => {
  const history = new Feed('?history');
  const audit = new Feed('?audit');
  history.add({ items: [item('h50', 50), item('h10', 10)], next: '?history2' });
  audit.add({ items: [item('a40', 40), item('a30', 30)], next: '?audit2' });
  assert.deepEqual(texts([history, audit]), ['h50', 'a40', 'a30'], 'h10 may have audit entries above it that are not read');
  assert.deepEqual(behind([history, audit]).map((feed) => feed.older), ['?audit2']);
  audit.add({ items: [item('a20', 20)], next: undefined });
  assert.deepEqual(texts([history, audit]), ['h50', 'a40', 'a30', 'a20', 'h10']);
  assert.deepEqual(behind([history, audit]).map((feed) => feed.older), ['?history2']);
  history.add({ items: [item('h5', 5)], next: undefined });
  assert.deepEqual(behind([history, audit]), []);
});

test('nothing is shown of a list before its first page, and nothing waits for one that cannot be read', () => {
  const history = new Feed('?history');
  const audit = new Feed('?audit');
  history.add({ items: [item('h1', 1)], next: undefined });
  assert.deepEqual(texts([history, audit]), []);
  audit.fail();
  assert.deepEqual(texts([history, audit]), ['h1']);
});

test('what is live replaces what is stored, and is as old as the lists at most', () => {
  const history = new Feed('?history');
  history.add({ items: [{ ...item('m2', 20), entries: [] }], next: '?more' });
  assert.deepEqual(texts([history], [item('m2', 20), item('m1', 10), item('m3', 30)]), ['m3', 'm2']);
});

test('the first page that is read again adds what is new and keeps what is older', () => {
  const feed = new Feed('?first');
  feed.add({ items: [item('e2', 2), item('e1', 1)], next: '?second' });
  feed.add({ items: [item('e0', 0)], next: undefined });
  feed.refresh({ items: [item('e3', 3), item('e2', 2)], next: '?second' });
  assert.deepEqual(texts([feed]), ['e3', 'e2', 'e1', 'e0']);
  assert.equal(feed.older, undefined);
});

test('after more new entries than a page has, the list begins again, so that none is missing in it', () => {
  const feed = new Feed('?first');
  feed.add({ items: [item('e1', 1)], next: undefined });
  feed.refresh({ items: [item('e9', 9), item('e8', 8)], next: '?second' });
  assert.deepEqual(texts([feed]), ['e9', 'e8']);
  assert.equal(feed.older, '?second');
});
