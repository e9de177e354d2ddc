// SPDX-License-Identifier: Apache-2.0
// The licenses of the npm packages whose code the bundle contains.

import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** @param inputs paths of the files that were bundled */
export async function notice(home, inputs) {
  const packages = new Set(inputs
    .map((path) => /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1])
    .filter((name) => name !== undefined));
  const parts = ['The console of Understudy contains code of these packages.'];
  for (const name of [...packages].sort()) {
    const folder = join(home, 'node_modules', name);
    const { version, license } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
    parts.push(`${name} ${version} (${license})\n\n${(await licenseText(home, name, folder)).trim()}`);
  }
  return `${parts.join('\n\n' + '-'.repeat(80) + '\n\n')}\n`;
}

/** A package without a file of its license needs one in licenses/. */
async function licenseText(home, name, folder) {
  const file = (await readdir(folder)).find((entry) => /^licen[cs]e/i.test(entry));
  return readFile(file ? join(folder, file) : join(home, 'licenses', `${name.replace('/', '+')}.txt`), 'utf8');
}
