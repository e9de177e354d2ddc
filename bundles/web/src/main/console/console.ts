// SPDX-License-Identifier: Apache-2.0
// The script of the page.

import './pages/vms.ts';
import './pages/pools.ts';
import './pages/hosts.ts';
import './pages/events.ts';
import './pages/audit.ts';
import './pages/tokens.ts';
import './pages/configuration.ts';
import './pages/help.ts';
import './vm/page.ts';
import './migration/list.ts';
import './migration/page.ts';
import './app/frame.ts';
import { store } from './app/context.ts';
import { followSession, loginAddress } from './app/session.ts';
import { call } from './model/rest.ts';
import { Stream } from './model/stream.ts';
import type { Words } from './model/types.ts';

addEventListener('understudy-login', () => location.assign(loginAddress()));
followSession();
void call<Words>('GET', 'words').then((words) => store.setWords(words)).catch(() => undefined);
void new Stream(store).run();
