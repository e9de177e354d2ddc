// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EventParser } from './sse.ts';

test('an event may arrive in any pieces', () => {
  const text = 'id: a-1\nevent: vm\ndata: {"a":1}\n\n: keep-alive\n\nevent: host\r\ndata: x\r\ndata: y\r\n\r\n';
  for (const size of [1, 2, 7, text.length]) {
    const parser = new EventParser();
    const events = [];
    for (let at = 0; at < text.length; at += size) events.push(...parser.feed(text.slice(at, at + size)));
    assert.deepEqual(events, [{ type: 'vm', data: '{"a":1}', id: 'a-1' }, { type: 'host', data: 'x\ny', id: 'a-1' }]);
  }
});

test('an event that is not finished is not delivered', () => {
  assert.deepEqual(new EventParser().feed('event: vm\ndata: {"a"'), []);
});
