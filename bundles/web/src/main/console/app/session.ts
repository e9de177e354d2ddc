// SPDX-License-Identifier: Apache-2.0
// The login of the page.

import { call, ROOT } from '../model/rest.ts';
import type { Role, Session } from '../model/types.ts';
import { store } from './context.ts';

interface SessionView {
  user: string;
  role: Role;
  /** Absent for a login that is sent with each request. */
  expires?: string;
}

/** Empty if the server does not name the user. */
export async function readSession(): Promise<void> {
  const view = await call<SessionView>('GET', 'session').catch(() => undefined);
  const session: Session | undefined = view?.user
    ? { user: view.user, role: view.role, canLogOut: view.expires !== undefined }
    : undefined;
  store.setSession(session);
}

export function loginAddress(): string {
  return `${ROOT}login?next=${encodeURIComponent(location.pathname + location.search)}`;
}

export async function logOut(): Promise<void> {
  await call('DELETE', 'session').catch(() => undefined);
  location.assign(`${ROOT}login`);
}
