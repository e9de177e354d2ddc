// SPDX-License-Identifier: Apache-2.0
// What a page costs the browser.

import type { CDPSession, Page } from 'playwright-core';

interface Shift extends PerformanceEntry {
  value: number;
  hadRecentInput: boolean;
}

/** In the page: sums the shifts of the layout that no input has caused. */
export function watchShifts(): void {
  const sum = { value: 0 };
  Object.assign(globalThis, { shifts: sum });
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries() as Shift[]) if (!entry.hadRecentInput) sum.value += entry.value;
  }).observe({ type: 'layout-shift', buffered: true });
}

export function shiftOf(page: Page): Promise<number> {
  return page.evaluate(() => (globalThis as unknown as { shifts: { value: number } }).shifts.value);
}

/** In bytes. */
export async function scriptMemory(page: Page): Promise<number> {
  const session = await page.context().newCDPSession(page);
  await session.send('HeapProfiler.collectGarbage');
  const { usedSize } = await session.send('Runtime.getHeapUsage');
  return usedSize;
}

/** Counts what a page receives over its stream of events and by other requests. Starts before the page is loaded. */
export class Traffic {
  private readonly streams = new Set<string>();
  /** Uncompressed bytes. */
  stream = 0;
  other = 0;

  static async of(page: Page): Promise<Traffic> {
    const session = await page.context().newCDPSession(page);
    await session.send('Network.enable');
    return new Traffic(session);
  }

  private constructor(session: CDPSession) {
    session.on('Network.requestWillBeSent', ({ requestId, request }) => {
      if (new URL(request.url).pathname.endsWith('/events')) this.streams.add(requestId);
    });
    session.on('Network.dataReceived', ({ requestId, dataLength }) => {
      if (this.streams.has(requestId)) this.stream += dataLength;
      else this.other += dataLength;
    });
  }
}
