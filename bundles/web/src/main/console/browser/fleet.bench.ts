// SPDX-License-Identifier: Apache-2.0
// Measures the page of 20,000 VMs, and the least that a page with the same data needs. Prints one document.
//
//   node fleet.bench.mjs ROUNDS      the server and its user: see session.ts

import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { BROWSER, contextOf, rest, URL_OF_CONSOLE } from './session.ts';
import { scriptMemory, shiftOf, Traffic, watchShifts } from './measure.ts';

/** After a change, what the page reads by a request has arrived. */
const SETTLED_MS = 6_000;

type Sample = Record<string, number>;

/** In the page of the console: notes when the first VM can be clicked. */
function watchFirstVm(): void {
  const look = (): void => {
    if (document.querySelector('tbody a[data-col="name"]')) Object.assign(globalThis, { usable: performance.now() });
    else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}

/** In a page without a script of its own: reads the same events, and shows the first names. */
function readEvents(api: string): void {
  const read = async (): Promise<void> => {
    const response = await fetch(`${api}events`, { headers: { 'X-Requested-With': 'bench' }, cache: 'no-store' });
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
    const objects: { value?: { name?: string } }[] = [];
    let rest = '';
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      const lines = (rest + part.value).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) if (line.startsWith('data: ')) objects.push(JSON.parse(line.slice(6)));
      if (lines.includes('event: ready')) break;
    }
    document.body.innerHTML = `<table>${objects.slice(0, 40).map((one) => `<tr><td>${one.value?.name ?? ''}</td></tr>`).join('')}</table>`;
    requestAnimationFrame(() => { Object.assign(globalThis, { objects, usable: performance.now() }); });
    await reader.cancel();
  };
  void read();
}

async function sample(page: Page): Promise<Sample> {
  await page.waitForFunction(() => 'usable' in globalThis, undefined, { timeout: 120_000 });
  await page.waitForFunction(() => performance.getEntriesByName('first-contentful-paint').length > 0);
  const [paintMs = 0, usableMs = 0] = await page.evaluate(() => [
    performance.getEntriesByName('first-contentful-paint')[0]!.startTime, (globalThis as unknown as { usable: number }).usable]);
  return { paintMs, usableMs, memoryMiB: await scriptMemory(page) / 2 ** 20 };
}

async function floor(context: BrowserContext): Promise<Sample> {
  const page = await context.newPage();
  await page.addInitScript(readEvents, `${URL_OF_CONSOLE}api/v1/`);
  await page.goto(`${URL_OF_CONSOLE}login`);
  return sample(page);
}

async function product(context: BrowserContext): Promise<Sample> {
  const page = await context.newPage();
  await page.addInitScript(watchShifts);
  await page.addInitScript(watchFirstVm);
  const traffic = await Traffic.of(page);
  await page.goto(`${URL_OF_CONSOLE}vms`);
  const opened = await sample(page);
  return { ...opened, ...await change(page, traffic), shift: await shiftOf(page) };
}

/** Until the change of a VM by another client is on the page, and what it costs. */
async function change(page: Page, traffic: Traffic): Promise<Sample> {
  await page.getByRole('searchbox', { name: 'Search VMs' }).fill('vm-0003-07');
  await page.waitForTimeout(SETTLED_MS);
  const before = { ...traffic };
  const began = performance.now();
  await rest('POST', 'vms/vm-0003-07/pause');
  await page.getByRole('row', { name: 'vm-0003-07' }).getByText('paused', { exact: true }).waitFor();
  const changeMs = performance.now() - began;
  const changeBytes = traffic.stream - before.stream;
  await page.waitForTimeout(SETTLED_MS);
  const readAgainBytes = traffic.other - before.other;
  await rest('POST', 'vms/vm-0003-07/resume');
  await page.getByRole('row', { name: 'vm-0003-07' }).getByText('running', { exact: true }).waitFor();
  return { changeMs, changeBytes, readAgainBytes };
}

async function measure(browser: Browser, rounds: number): Promise<Record<string, Sample[]>> {
  const samples: Record<'floor' | 'product', Sample[]> = { floor: [], product: [] };
  for (let round = 0; round < rounds; round++) {
    for (const [who, run] of [['floor', floor], ['product', product]] as const) {
      const context = await contextOf(browser, { width: 1440, height: 900 });
      const one = await run(context);
      console.error(`${who}: ${JSON.stringify(one)}`);
      samples[who].push(one);
      await context.close();
    }
  }
  return samples;
}

const browser = await chromium.launch(BROWSER);
try {
  console.log(JSON.stringify(await measure(browser, Number(process.argv[2] ?? '5'))));
} finally {
  await browser.close();
}
