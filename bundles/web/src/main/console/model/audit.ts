// SPDX-License-Identifier: Apache-2.0
// Actions of users: those that were read, and those that came with the events.

import type { AuditEntry } from './types.ts';

/** Entries of a page of the list. */
export const FIRST_PAGE = 100;

/** Each entry once, newest first. */
export function withLive(read: readonly AuditEntry[], live: readonly AuditEntry[]): AuditEntry[] {
  const byId = new Map([...live].reverse().concat(read).map((entry) => [entry.id, entry]));
  return [...byId.values()].sort((a, b) => Date.parse(b.time) - Date.parse(a.time));
}

/** Those with each word of a text. */
export function matching(entries: readonly AuditEntry[], text: string): AuditEntry[] {
  const words = text.toLowerCase().split(/\s+/);
  return entries.filter((entry) => {
    const all = [entry.user, entry.action, entry.object, entry.host, entry.result, entry.face, entry.remoteAddress, entry.message]
      .join('\n').toLowerCase();
    return words.every((word) => all.includes(word));
  });
}
