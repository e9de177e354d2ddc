// SPDX-License-Identifier: Apache-2.0
// A browser with the console of a running server; itests start both. No test waits for time, only for what the page shows.

import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { createServer, connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import axe from 'axe-core';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';

const { UNDERSTUDY_URL = '', UNDERSTUDY_USER = '', UNDERSTUDY_PASSWORD = '', UNDERSTUDY_SCREENSHOTS = '' } = process.env;

/** The console, with a slash at its end. */
export const URL_OF_CONSOLE = UNDERSTUDY_URL;

let browser: Browser;

before(async () => {
  assert.ok(URL_OF_CONSOLE, 'UNDERSTUDY_URL is not set: run ./understudy test --only ConsoleIT');
  browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-dev-shm-usage'],
  });
});

after(async () => { await browser?.close(); });

export interface Visit {
  width?: number;
  height?: number;
  dark?: boolean;
  forced?: boolean;
  /** Another address of the server, such as that of a proxy. */
  root?: string;
  /** Without user and password. */
  anonymous?: boolean;
}

/** Opens a page of the console, and closes it when the test ends. Errors on it are failures. */
export async function visit(path: string, run: (page: Page) => Promise<void>, options: Visit = {}): Promise<void> {
  const context = await newContext(options);
  try {
    const page = await context.newPage();
    page.setDefaultTimeout(15_000);
    const errors: string[] = [];
    page.on('pageerror', (error) => errors.push(String(error)));
    page.on('console', (message) => { if (/Content Security Policy/.test(message.text())) errors.push(message.text()); });
    await page.goto((options.root ?? URL_OF_CONSOLE) + path);
    await run(page);
    assert.deepEqual(errors, []);
  } finally {
    await context.close();
  }
}

/** A browser that has logged in. */
export async function newContext({ width = 1280, height = 800, dark = false, forced = false, anonymous = false }: Visit = {}): Promise<BrowserContext> {
  const context = await browser.newContext({
    viewport: { width, height },
    colorScheme: dark ? 'dark' : 'light',
    forcedColors: forced ? 'active' : 'none',
    reducedMotion: 'reduce',
    timezoneId: 'UTC',
  });
  if (!anonymous) {
    const login = await context.request.post(`${URL_OF_CONSOLE}login`, { form: { user: UNDERSTUDY_USER, password: UNDERSTUDY_PASSWORD } });
    assert.ok(login.ok(), `login: ${login.status()}`);
  }
  return context;
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

/** Fails for each rule of axe-core that the page breaks. */
export async function assertAccessible(page: Page): Promise<void> {
  await page.evaluate(axe.source);
  const broken = await page.evaluate(async () => {
    const { violations } = await (globalThis as unknown as { axe: typeof axe }).axe.run(document);
    return violations.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map((node) => node.html).slice(0, 3).join(' ')}`);
  });
  assert.deepEqual(broken, []);
}

/** Fails if a part of the page is wider than the window. */
export async function assertFits(page: Page): Promise<void> {
  const { inner, outer } = await page.evaluate(() => {
    const scroller = document.getElementById('scroller') ?? document.documentElement;
    return { inner: Math.max(document.documentElement.scrollWidth, scroller.scrollWidth), outer: window.innerWidth };
  });
  assert.ok(inner <= outer, `the page is ${inner} px wide in a window of ${outer} px`);
}

/** For a review by eye, in the folder that the caller names. */
export async function picture(page: Page, name: string): Promise<void> {
  if (!UNDERSTUDY_SCREENSHOTS) return;
  mkdirSync(UNDERSTUDY_SCREENSHOTS, { recursive: true });
  await page.screenshot({ path: join(UNDERSTUDY_SCREENSHOTS, `${name}.png`) });
}

/** A way to the server that can be cut. */
export class Cable {
  private readonly sockets = new Set<Socket>();
  private up = true;
  private readonly server = createServer((client) => {
    if (!this.up) {
      client.destroy();
      return;
    }
    const { hostname, port } = new URL(URL_OF_CONSOLE);
    const server = connect(Number(port), hostname);
    for (const [one, other] of [[client, server], [server, client]] as const) {
      this.sockets.add(one);
      one.pipe(other);
      one.on('error', () => other.destroy());
      one.on('close', () => {
        this.sockets.delete(one);
        other.destroy();
      });
    }
  });

  /** The address of the console by this way. */
  async plug(): Promise<string> {
    await new Promise<void>((resolve) => { this.server.listen(0, '127.0.0.1', resolve); });
    const address = this.server.address();
    assert.ok(address !== null && typeof address === 'object');
    return `http://127.0.0.1:${address.port}${new URL(URL_OF_CONSOLE).pathname}`;
  }

  cut(): void {
    this.up = false;
    this.sockets.forEach((socket) => socket.destroy());
  }

  repair(): void {
    this.up = true;
  }

  close(): void {
    this.cut();
    this.server.close();
  }
}

export { assert, test };
