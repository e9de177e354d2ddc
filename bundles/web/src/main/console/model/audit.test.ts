// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FIRST_PAGE, matching, withLive } from './audit.ts';
import { decode } from './decode.ts';
import { LONGEST } from './log.ts';
import { Store } from './store.ts';
import type { AuditEntry } from './types.ts';

function entry(number: number, user = 'ada'): AuditEntry {
  return { id: `e${number}`, time: new Date(number * 1000).toISOString(), user, face: 'rest', action: 'power', object: 'web1', result: 'accepted', message: '' };
}

const ids = (entries: readonly AuditEntry[]): string => entries.map(({ id }) => id).join(' ');

function acted(store: Store, ...entries: AuditEntry[]): void {
  entries.forEach((value) => store.apply(decode('audit', JSON.stringify({ key: value.id, revision: 1, value }))));
}

test('entries that were read and live ones are one list, newest first, each once', () => {
  assert.equal(ids(withLive([entry(3), entry(2), entry(1)], [entry(3), entry(4)])), 'e4 e3 e2 e1');
});

test('live entries are searched as those that were read', () => {
  assert.equal(ids(matching(withLive([entry(1), entry(2, 'bob')], [entry(3, 'bob')]), 'BOB power')), 'e3 e2');
});

test('actions of users arrive with the events, and a new state may lack some', () => {
  const store = new Store((notify) => notify());
  const seen: unknown[] = [];
  store.listen(['audit'], (changes) => seen.push(changes.get('audit')));
  acted(store, entry(1));
  assert.equal(ids(store.audit), 'e1');
  store.apply([...decode('begin', '{}'), ...decode('ready', '{}')]);
  assert.equal(ids(store.audit), '');
  assert.deepEqual(seen, [new Set(['e1']), 'all']);
});

test('of many actions the newest are kept, and the others are read again', () => {
  const store = new Store((notify) => notify());
  acted(store, ...Array.from({ length: LONGEST }, (_, number) => entry(number)));
  const seen: unknown[] = [];
  store.listen(['audit'], (changes) => seen.push(changes.get('audit')));
  acted(store, entry(LONGEST));
  assert.equal(store.audit.length, FIRST_PAGE + 1);
  assert.equal(store.audit.at(-1)?.id, `e${LONGEST}`);
  assert.deepEqual(seen, ['all']);
});
