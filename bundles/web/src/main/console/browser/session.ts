// SPDX-License-Identifier: Apache-2.0
// A browser that has logged in to a running server, and calls of its REST interface.

import assert from 'node:assert/strict';
import type { Browser, BrowserContext, LaunchOptions } from 'playwright-core';

const { UNDERSTUDY_URL = '', UNDERSTUDY_USER = '', UNDERSTUDY_PASSWORD = '' } = process.env;

/** The console, with a slash at its end. */
export const URL_OF_CONSOLE = UNDERSTUDY_URL;

export const BROWSER: LaunchOptions = {
  executablePath: '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-dev-shm-usage'],
};

export interface Visit {
  width?: number;
  height?: number;
  dark?: boolean;
  forced?: boolean;
  /** Another address of the server, such as that of a proxy. */
  root?: string;
  /** Without a login. */
  anonymous?: boolean;
}

type State = Awaited<ReturnType<BrowserContext['storageState']>>;

/** One session for all tests of a file: a user has few. */
let loggedIn: Promise<State> | undefined;

async function logIn(browser: Browser): Promise<State> {
  const context = await browser.newContext();
  try {
    const login = await context.request.post(`${URL_OF_CONSOLE}login`, { form: { user: UNDERSTUDY_USER, password: UNDERSTUDY_PASSWORD } });
    assert.ok(login.ok(), `login: ${login.status()}`);
    return await context.storageState();
  } finally {
    await context.close();
  }
}

export async function contextOf(
  browser: Browser, { width = 1280, height = 800, dark = false, forced = false, anonymous = false }: Visit = {},
): Promise<BrowserContext> {
  return browser.newContext({
    viewport: { width, height },
    colorScheme: dark ? 'dark' : 'light',
    forcedColors: forced ? 'active' : 'none',
    reducedMotion: 'reduce',
    timezoneId: 'UTC',
    ...(anonymous ? {} : { storageState: await (loggedIn ??= logIn(browser)) }),
  });
}

/** A call of the REST interface by another client than the page. */
export async function rest<T>(method: string, path: string, body?: string): Promise<T> {
  const response = await fetch(`${URL_OF_CONSOLE}api/v1/${path}`, {
    method,
    headers: {
      'Authorization': `Basic ${Buffer.from(`${UNDERSTUDY_USER}:${UNDERSTUDY_PASSWORD}`).toString('base64')}`,
      'X-Requested-With': 'browser-tests',
      ...(body === undefined ? {} : { 'Content-Type': body.startsWith('<') ? 'application/xml' : 'application/json' }),
    },
    ...(body === undefined ? {} : { body }),
  });
  const text = await response.text();
  assert.ok(response.ok, `${method} ${path}: ${response.status} ${text}`);
  return JSON.parse(text || '{}') as T;
}
