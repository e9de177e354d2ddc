// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decode } from './decode.ts';
import { DELAY_MS, MANY_VMS, MOST_VMS, ReadinessReader, WHOLE_MS } from './readiness.ts';
import { Store } from './store.ts';
import type { FleetReadiness, Vm } from './types.ts';

const VMS = 3;

function vm(number: number, state = 'running'): Vm {
  return { name: `web${number}`, uuid: `u${number}`, host: 'alpha', state, nics: [], pairs: [] };
}

/** A server with some VMs, a page that shows them, and a clock that the test moves. */
class Scene {
  readonly store = new Store((notify) => notify());
  readonly requests: string[][] = [];
  readonly reader: ReadinessReader;
  blocked = new Set<string>();
  fails = false;
  private now = 0;
  private revision = 0;
  private due: { at: number; run: () => void } | undefined;

  constructor(vms = VMS) {
    this.reader = new ReadinessReader(this.store, (keys) => this.answer(keys, vms), {
      now: () => this.now,
      after: (delay, run) => {
        const timer = { at: this.now + delay, run };
        this.due = timer;
        return () => { if (this.due === timer) this.due = undefined; };
      },
    });
    this.event('begin', {});
    for (let number = 0; number < vms; number++) this.change(number);
    this.event('ready', {});
  }

  private async answer(keys: readonly string[], vms: number): Promise<FleetReadiness> {
    this.requests.push([...keys]);
    if (this.fails) throw new Error('The server failed');
    const all = Array.from({ length: vms }, (_, number) => vm(number)).filter((one) => keys.length === 0 || keys.includes(`alpha/${one.uuid}`));
    const evaluated = all.map((one) => ({
      vm: one.name, uuid: one.uuid, host: one.host, state: one.state, ready: !this.blocked.has(one.uuid), destinations: 1, findings: [] }));
    const ready = evaluated.filter((one) => one.ready).length;
    return { at: new Date(this.now).toISOString(), ready, blocked: evaluated.length - ready, groups: [], vms: evaluated, findings: [] };
  }

  event(type: string, data: unknown): void {
    this.store.apply(decode(type, JSON.stringify(data)));
  }

  change(number: number, state = 'running'): void {
    this.event('vm', { key: `alpha/u${number}`, revision: ++this.revision, value: vm(number, state) });
  }

  /** Runs what is due until then. */
  async pass(ms: number): Promise<void> {
    const until = this.now + ms;
    while (this.due !== undefined && this.due.at <= until) {
      const { at, run } = this.due;
      this.due = undefined;
      this.now = Math.max(this.now, at);
      run();
      await new Promise((resolve) => { setImmediate(resolve); });
    }
    this.now = until;
  }
}

async function opened(vms?: number): Promise<Scene> {
  const scene = new Scene(vms);
  scene.reader.listen(() => {});
  await scene.pass(0);
  scene.requests.length = 0;
  return scene;
}

test('the whole is read once when the first page needs it, and not for the next page', async () => {
  const scene = new Scene();
  await scene.pass(WHOLE_MS);
  assert.deepEqual(scene.requests, []);
  const close = scene.reader.listen(() => {});
  await scene.pass(0);
  assert.deepEqual(scene.requests, [[]]);
  assert.deepEqual([scene.reader.byVm.size, scene.reader.ready, scene.reader.blocked], [3, 3, 0]);
  close();
  scene.reader.listen(() => {});
  await scene.pass(WHOLE_MS);
  assert.equal(scene.requests.length, 1);
});

test('a change of a VM reads this VM alone, and the numbers follow', async () => {
  const scene = await opened();
  scene.blocked.add('u1');
  scene.change(1, 'paused');
  await scene.pass(DELAY_MS);
  assert.deepEqual(scene.requests, [['alpha/u1']]);
  assert.equal(scene.reader.byVm.get('alpha/u1')?.ready, false);
  assert.deepEqual([scene.reader.ready, scene.reader.blocked], [2, 1]);
});

test('many changes within a second cause one request', async () => {
  const scene = await opened();
  for (let change = 0; change < 10; change++) {
    scene.change(change % 2, change % 4 < 2 ? 'paused' : 'running');
    await scene.pass(DELAY_MS / 20);
  }
  await scene.pass(WHOLE_MS);
  assert.deepEqual(scene.requests, [['alpha/u0', 'alpha/u1']]);
});

test('a VM that was removed is no longer counted', async () => {
  const scene = await opened();
  scene.event('vm', { key: 'alpha/u9', revision: 1000, value: vm(9) });
  scene.event('vm', { key: 'alpha/u2', revision: 1001, removed: true });
  await scene.pass(DELAY_MS);
  assert.deepEqual(scene.requests, [['alpha/u9', 'alpha/u2']]);
  assert.deepEqual([...scene.reader.byVm.keys()].sort(), ['alpha/u0', 'alpha/u1', 'alpha/u2']);
});

test('a change of a host reads the whole, at most once a minute', async () => {
  const scene = await opened();
  for (let revision = 1; revision <= 5; revision++) {
    scene.event('host', { key: 'alpha', revision, value: { view: { name: 'alpha', available: revision % 2 === 0, findings: [] } } });
    await scene.pass(WHOLE_MS / 10);
  }
  assert.deepEqual(scene.requests, []);
  await scene.pass(WHOLE_MS / 2);
  assert.deepEqual(scene.requests, [[]]);
});

test('of a migration its start and its end are read, and not its progress', async () => {
  const scene = await opened();
  const migration = { id: 'm1', vm: 'web1', uuid: 'u1', source: 'alpha', destination: 'beta', steps: [], primaries: [], findings: [] };
  for (let revision = 1; revision <= 5; revision++) {
    scene.event('migration', { key: 'm1', revision, value: { ...migration, revision, progress: revision } });
    await scene.pass(2 * DELAY_MS);
  }
  scene.event('migration', { key: 'm1', revision: 6, value: { ...migration, revision: 6, outcome: 'completed' } });
  await scene.pass(DELAY_MS);
  assert.deepEqual(scene.requests, [['alpha/u1', 'beta/u1'], ['alpha/u1', 'beta/u1']]);
});

test('more VMs than one request can name are read in parts, and very many as the whole', async () => {
  const scene = await opened(MANY_VMS + 1);
  for (let number = 0; number < MOST_VMS + 1; number++) scene.change(number, 'paused');
  await scene.pass(2 * DELAY_MS);
  assert.deepEqual(scene.requests.map((keys) => keys.length), [MOST_VMS, 1]);
  for (let number = 0; number < MANY_VMS + 1; number++) scene.change(number, 'shutoff');
  await scene.pass(WHOLE_MS);
  assert.ok(scene.requests.some((keys) => keys.length === 0));
});

test('a new state of the server is read at once', async () => {
  const scene = await opened();
  scene.event('begin', {});
  scene.event('ready', {});
  await scene.pass(DELAY_MS);
  assert.deepEqual(scene.requests, [[]]);
});

test('without a connection nothing is read, and after an error the whole within a minute', async () => {
  const scene = await opened();
  scene.store.setConnection({ state: 'lost', since: new Date() });
  scene.change(1, 'paused');
  await scene.pass(WHOLE_MS);
  assert.deepEqual(scene.requests, []);
  scene.fails = true;
  scene.store.setConnection({ state: 'live' });
  await scene.pass(DELAY_MS);
  assert.deepEqual(scene.requests, [['alpha/u1']]);
  scene.fails = false;
  await scene.pass(WHOLE_MS);
  assert.deepEqual(scene.requests, [['alpha/u1'], []]);
});
