// SPDX-License-Identifier: Apache-2.0
// The login of the page.

import { call, ROOT } from '../model/rest.ts';
import type { Role, Session } from '../model/types.ts';
import { store } from './context.ts';

interface SessionView {
  user: string;
  role: Role;
  /** False for a login that is sent with each request. */
  session: boolean;
}

/** Empty if the server does not name the user. */
export async function readSession(): Promise<void> {
  const view = await call<SessionView>('GET', 'session').catch(() => undefined);
  const session: Session | undefined = view?.user
    ? { user: view.user, role: view.role, canLogOut: view.session }
    : undefined;
  store.setSession(session);
}

/** The login returns to this page. */
export function loginAddress(): string {
  const path = location.pathname.slice(new URL(ROOT).pathname.length);
  return `${ROOT}login?next=${encodeURIComponent(`/${path}${location.search}`)}`;
}

export async function logOut(): Promise<void> {
  await call('DELETE', 'session').catch(() => undefined);
  location.assign(`${ROOT}login`);
}
