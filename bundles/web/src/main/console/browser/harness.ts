// SPDX-License-Identifier: Apache-2.0
// A browser with the console of a running server; itests start both. No test waits for time, only for what the page shows.

import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { createServer, connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import axe from 'axe-core';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import type { Vm } from '../model/types.ts';
import { BROWSER, contextOf, rest, URL_OF_CONSOLE, type Visit } from './session.ts';

const { UNDERSTUDY_SCREENSHOTS = '' } = process.env;

/** In ms. Pages are slow while the emulated hosts of other tests start. */
const PATIENCE = 60_000;

let browser: Browser;

before(async () => {
  assert.ok(URL_OF_CONSOLE, 'UNDERSTUDY_URL is not set: run ./understudy test --only ConsoleIT');
  browser = await chromium.launch(BROWSER);
});

after(async () => { await browser?.close(); });

export async function newContext(options: Visit = {}): Promise<BrowserContext> {
  const context = await contextOf(browser, options);
  context.setDefaultTimeout(PATIENCE);
  return context;
}

/** Opens a page of the console, and closes it when the test ends. Errors on it are failures. */
export async function visit(path: string, run: (page: Page) => Promise<void>, options: Visit = {}): Promise<void> {
  const context = await newContext(options);
  try {
    const page = await context.newPage();
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

/** Reads until the result is defined. */
export async function until<T>(what: string, read: () => Promise<T | undefined>, seconds = 60): Promise<T> {
  for (const end = Date.now() + seconds * 1000; Date.now() < end;) {
    const value = await read();
    if (value !== undefined) return value;
    await new Promise((resolve) => { setTimeout(resolve, 200); });
  }
  throw new Error(`Not in ${seconds} s: ${what}`);
}

/** The copy of a VM that is not shut off, if there is one. */
export async function vm(name: string): Promise<Vm> {
  const { vms } = await rest<{ vms: Vm[] }>('GET', 'vms');
  const copies = vms.filter((one) => one.name === name);
  const found = copies.find((one) => one.state !== 'shutoff') ?? copies[0];
  assert.ok(found, `no VM ${name}`);
  return found;
}

/** Ends a VM by another client than the page, as the next test expects it. */
export async function forceOff(name: string): Promise<void> {
  await rest('POST', `vms/${name}/destroy`);
  await until(`VM ${name} is off`, async () => ((await vm(name)).state === 'shutoff' ? true : undefined));
}

/** Waits until the element with this text has the focus. */
export async function assertFocus(page: Page, text: string): Promise<void> {
  await page.waitForFunction((wanted) => document.activeElement?.textContent?.trim() === wanted, text);
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

export { assert, rest, test, URL_OF_CONSOLE };
