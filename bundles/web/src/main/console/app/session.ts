// SPDX-License-Identifier: Apache-2.0
// The login of the page.

import { call, FORBIDDEN, ROOT, SESSION } from '../model/rest.ts';
import type { Role } from '../model/types.ts';
import { store } from './context.ts';

interface SessionView {
  user: string;
  role: Role;
  /** False for a login that is sent with each request. */
  session: boolean;
}

/** What was known stays if the server does not answer. */
async function readSession(): Promise<void> {
  const view = await call<SessionView>('GET', SESSION).catch(() => undefined);
  if (view?.user) store.setSession({ user: view.user, role: view.role, canLogOut: view.session });
}

/**
 * Reads the login, and again when its role may have changed: after a call that was refused, after a stream of events that
 * ended, as that of a user who loses a role does, and when the user returns to the page.
 */
export function followSession(): void {
  void readSession();
  addEventListener(FORBIDDEN, () => { void readSession(); });
  document.addEventListener('visibilitychange', () => { if (!document.hidden) void readSession(); });
  let wasLost = false;
  store.listen(['connection'], () => {
    const { state } = store.connection;
    if (wasLost && state === 'live') void readSession();
    wasLost = state === 'lost';
  });
}

/** The login returns to this page. */
export function loginAddress(): string {
  const path = location.pathname.slice(new URL(ROOT).pathname.length);
  return `${ROOT}login?next=${encodeURIComponent(`/${path}${location.search}`)}`;
}

export async function logOut(): Promise<void> {
  await call('DELETE', SESSION).catch(() => undefined);
  location.assign(`${ROOT}login`);
}
