// SPDX-License-Identifier: Apache-2.0
// Builds the console; Maven runs it. Without a change since the last success it does nothing. It needs the network only if
// the lock file has changed since the packages were installed.
//
//   node build.mjs --out FOLDER [--skip-tests]
//
// FOLDER receives the resources of the bundle: console/ and META-INF/NOTICE. FOLDER.tests receives the browser tests.

import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cp, mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const home = dirname(fileURLToPath(import.meta.url));
const args = process.argv.slice(2);
const out = resolve(args[args.indexOf('--out') + 1]);
const skipTests = args.includes('--skip-tests') && args[args.indexOf('--skip-tests') + 1] !== 'false';

/** Scripts that a page loads by a script tag. */
const ENTRIES = ['console.ts', 'embed/embed.ts'];
/** Files that are served as they are. */
const STATIC = ['index.html', 'icon.svg'];

async function sources(folder = home) {
  const found = [];
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (entry.name === 'node_modules' || entry.name.startsWith('.')) continue;
    const path = join(folder, entry.name);
    found.push(...(entry.isDirectory() ? await sources(path) : [path]));
  }
  return found.sort();
}

async function digest(files, ...salt) {
  const hash = createHash('sha256');
  salt.forEach((text) => hash.update(text));
  for (const file of files) hash.update(relative(home, file)).update(await readFile(file));
  return hash.digest('hex');
}

/** Relative, because the checkout may be in a folder of this name. */
const isForBrowser = (file) => relative(home, file).startsWith('browser/');

const read = (file) => readFile(file, 'utf8').catch(() => '');

/** Runs a program of this folder; its output is shown only if it fails. */
function run(what, program, ...programArgs) {
  return new Promise((done, fail) => {
    const child = spawn(program, programArgs, { cwd: home, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    child.stdout.on('data', (data) => { output += data; });
    child.stderr.on('data', (data) => { output += data; });
    child.on('error', fail);
    child.on('close', (code) => (code === 0 ? done(output) : fail(new Error(`${what} failed:\n${output}`))));
  });
}

async function install() {
  const lock = await digest([join(home, 'package-lock.json')]);
  const stamp = join(home, 'node_modules/.installed');
  if ((await read(stamp)) === lock) return;
  await run('npm ci', 'npm', 'ci', '--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline');
  await writeFile(stamp, lock);
}

async function bundle(esbuild) {
  const files = new Set(await sources());
  const result = await esbuild.build({
    absWorkingDir: home,
    entryPoints: ENTRIES.filter((entry) => files.has(join(home, entry))),
    entryNames: '[name]',
    chunkNames: 'shared-[hash]',
    outdir: join(out, 'console'),
    bundle: true,
    // What both scripts need is loaded once.
    splitting: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    legalComments: 'none',
    metafile: true,
  });
  for (const file of STATIC) await cp(join(home, file), join(out, 'console', file));
  return Object.keys(result.metafile.inputs);
}

async function unitTests(esbuild, all) {
  const tests = all.filter((file) => file.endsWith('.test.ts') && !isForBrowser(file));
  if (tests.length === 0) throw new Error('The console has no unit tests');
  const folder = `${out}.unit`;
  await rm(folder, { recursive: true, force: true });
  await esbuild.build({
    absWorkingDir: home, entryPoints: tests, outdir: folder, outbase: home, bundle: true, format: 'esm', platform: 'node',
    target: 'es2022', sourcemap: 'inline', outExtension: { '.js': '.mjs' },
  });
  const built = tests.map((file) => join(folder, relative(home, file).replace(/\.ts$/, '.mjs')));
  const output = await run('The unit tests of the console', 'node', '--test', ...built);
  const passed = Number(/^# pass (\d+)$/m.exec(output)?.[1] ?? /pass (\d+)/.exec(output)?.[1] ?? 0);
  if (passed === 0) throw new Error(`No unit test of the console ran:\n${output}`);
  return passed;
}

/** They run later, against a server: see itests. Benchmarks and screenshots, too. */
async function browserTests(esbuild, all) {
  const tests = all.filter((file) => isForBrowser(file) && /(\.test|\.bench|screenshot)\.ts$/.test(file));
  const folder = `${out}.tests`;
  await rm(folder, { recursive: true, force: true });
  if (tests.length === 0) return;
  await esbuild.build({
    absWorkingDir: home, entryPoints: tests, outdir: folder, bundle: true, format: 'esm', platform: 'node', target: 'es2022',
    sourcemap: 'inline', external: ['playwright-core', 'axe-core'], outExtension: { '.js': '.mjs' },
  });
  await symlink(join(home, 'node_modules'), join(folder, 'node_modules'));
}

async function main() {
  const all = await sources();
  const stampFile = `${out}.stamp`;
  const stamp = await digest(all, process.version, skipTests ? 'untested' : 'tested');
  if ((await read(stampFile)) === stamp) {
    console.log('Console: unchanged since its last successful build');
    return;
  }
  const started = Date.now();
  await rm(stampFile, { force: true });
  await install();
  const [esbuild, { style }, { notice }] = await Promise.all([
    import('esbuild'), import('./style.mjs'), import('./notice.mjs')]);
  await rm(out, { recursive: true, force: true });
  await mkdir(join(out, 'console'), { recursive: true });
  const types = run('The type check of the console', 'node', join(home, 'node_modules/typescript/bin/tsc'), '--project', home);
  types.catch(() => {}); // awaited below, after the faster steps
  const inputs = await bundle(esbuild);
  inputs.push(...(await style(esbuild, home, all, join(out, 'console/console.css'))));
  await mkdir(join(out, 'META-INF'));
  await writeFile(join(out, 'META-INF/NOTICE'), await notice(home, inputs));
  const served = (await readdir(join(out, 'console'))).sort();
  await writeFile(join(out, 'console/files.txt'), served.map((name) => `${name}\n`).join(''));
  await browserTests(esbuild, all);
  const passed = skipTests ? 'tests skipped' : `${await unitTests(esbuild, all)} unit tests passed`;
  await types;
  await writeFile(stampFile, stamp);
  console.log(`Console: built in ${((Date.now() - started) / 1000).toFixed(1)} s, ${passed}`);
}

main().catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
});
