// SPDX-License-Identifier: Apache-2.0
// The elements in the page of another management server, whose origin the server allows. VM walker has a pair.

import { createServer, request, type Server } from 'node:http';
import { after, before } from 'node:test';
import type { Page } from 'playwright-core';
import type { Vm } from '../model/types.ts';
import { assert, assertAccessible, newContext, picture, rest, test, URL_OF_CONSOLE } from './harness.ts';

const { UNDERSTUDY_EMBED_PORT = '0', UNDERSTUDY_USER = '', UNDERSTUDY_PASSWORD = '' } = process.env;
const TOKEN = 'token-of-the-manager';
let managers: Server[];
let proxy: Server;

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve) => {
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      assert.ok(address !== null && typeof address === 'object');
      resolve(address.port);
    });
  });
}

/** Accepts the token instead of the server, so that the test does not depend on how tokens are created. */
function tokens(): Server {
  const target = new URL(URL_OF_CONSOLE);
  return createServer((incoming, outgoing) => {
    const headers = { ...incoming.headers };
    if (headers.authorization === `Bearer ${TOKEN}`) {
      headers.authorization = `Basic ${Buffer.from(`${UNDERSTUDY_USER}:${UNDERSTUDY_PASSWORD}`).toString('base64')}`;
    }
    const forwarded = request({ host: target.hostname, port: target.port, path: incoming.url, method: incoming.method, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      outgoing.flushHeaders();
      answer.pipe(outgoing);
    });
    forwarded.on('error', () => { outgoing.destroy(); });
    outgoing.on('close', () => { forwarded.destroy(); });
    incoming.pipe(forwarded);
  });
}

let server: string;
const origins: string[] = [];

before(async () => {
  proxy = tokens();
  server = `http://127.0.0.1:${await listen(proxy, 0)}/understudy/`;
  managers = [0, 1].map(() => createServer((incoming, outgoing) => {
    const token = new URL(incoming.url ?? '/', 'http://localhost').searchParams.get('token') ?? '';
    outgoing.setHeader('Content-Type', 'text/html');
    outgoing.end(`<!doctype html><html lang="en"><title>Manager</title><main><h1>walker</h1>
      <script type="module" src="${server}embed.js"></script>
      <understudy-switch vm-id="walker" token="${token}"></understudy-switch>
      <understudy-timeline vm-id="walker" token="${token}"></understudy-timeline></main></html>`);
  }));
  // The first port is in the list of the server, the second is not.
  for (const [at, manager] of managers.entries()) {
    origins.push(`http://127.0.0.1:${await listen(manager, at === 0 ? Number(UNDERSTUDY_EMBED_PORT) : 0)}`);
  }
});

after(() => {
  [...managers, proxy].forEach((one) => {
    one.closeAllConnections();
    one.close();
  });
});

async function open(url: string, run: (page: Page) => Promise<void>): Promise<void> {
  const context = await newContext({ anonymous: true });
  try {
    const page = await context.newPage();
    await page.goto(url);
    await run(page);
  } finally {
    await context.close();
  }
}

test('a page of an allowed origin shows switch and timeline of a VM, and follows its migration', async () => {
  await open(`${origins[0]}/?token=${TOKEN}`, async (page) => {
    await page.getByRole('button', { name: /Failover pair of ua-standby0 of walker: Failover on/ }).waitFor();
    await page.getByText('If you press: Unplugs the emulated primary now').waitFor();
    await assertAccessible(page);
    const now = await rest<Vm>('GET', 'vms/walker');
    await rest('POST', 'migrations', JSON.stringify({ vm: 'walker', destination: now.host === 'alpha' ? 'beta' : 'alpha' }));
    await page.getByText('Not available: a migration of the VM is running.').waitFor();
    await page.getByText('Completed', { exact: true }).waitFor();
    await page.getByRole('figure', { name: 'Where the traffic ran, to scale' }).waitFor();
    await assertAccessible(page);
    await picture(page, 'embedded');
  });
});

test('a wrong token is reported in place', async () => {
  await open(`${origins[0]}/?token=wrong`, async (page) => {
    await page.locator('understudy-switch').getByRole('alert').waitFor();
  });
});

test('a page of another origin cannot load the elements', async () => {
  await open(`${origins[1]}/?token=${TOKEN}`, async (page) => {
    await page.getByRole('heading', { name: 'walker' }).waitFor();
    const answer = await page.evaluate(async (url) => fetch(url, { headers: { Authorization: 'Bearer x' } }).then(() => 'read', () => 'refused'), `${server}api/v1/vms`);
    assert.equal(answer, 'refused');
    assert.equal(await page.evaluate(() => customElements.get('understudy-switch') === undefined), true);
  });
});
