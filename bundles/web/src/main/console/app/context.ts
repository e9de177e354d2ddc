// SPDX-License-Identifier: Apache-2.0
// What all elements of the page share.

import { Store } from '../model/store.ts';
import { Router } from './router.ts';

export const store = new Store();
export const router = new Router();
