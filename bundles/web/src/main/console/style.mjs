// SPDX-License-Identifier: Apache-2.0
// Builds console.css: PatternFly without what the sources do not use.
//
// PatternFly selects its themes by classes of the root element, which a script would have to set. Here they follow the
// settings of the browser.

import { readFile, writeFile } from 'node:fs/promises';
import postcss from 'postcss';

const DARK = '(prefers-color-scheme: dark)';
const CONTRAST = '(prefers-contrast: more)';
const THEMES = new Map([
  [':root:where(.pf-v6-theme-dark)', DARK],
  [':root:where(.pf-v6-theme-high-contrast)', CONTRAST],
  [':root:where(.pf-v6-theme-dark.pf-v6-theme-high-contrast)', `${DARK} and ${CONTRAST}`],
]);

export async function style(esbuild, home, sources, file) {
  const bundled = await esbuild.build({
    absWorkingDir: home, entryPoints: ['console.css'], bundle: true, write: false, outdir: home, metafile: true,
    external: ['*.woff', '*.woff2', '*.ttf', '*.eot', '*.svg'],
  });
  const words = new Set();
  for (const source of sources.filter((name) => /\.(ts|html)$/.test(name))) {
    for (const [word] of (await readFile(source, 'utf8')).matchAll(/[\w-]+/g)) words.add(word);
  }
  const root = postcss.parse(bundled.outputFiles[0].text);
  themes(root);
  dropUnusedRules(root, words);
  dropUnusedNames(root, words);
  const { code } = await esbuild.transform(root.toString(), { loader: 'css', minify: true, target: 'es2022' });
  await writeFile(file, code);
  return Object.keys(bundled.metafile.inputs);
}

function themes(root) {
  root.walkRules((rule) => {
    const media = THEMES.get(rule.selector);
    if (!media) return;
    const query = postcss.atRule({ name: 'media', params: media });
    rule.replaceWith(query);
    query.append(rule.clone({ selector: ':root' }));
  });
}

/** Whether an element of the sources can match: all classes occur in them, of alternatives at least one, of :not() none. */
export function canMatch(selector, words) {
  let rest = selector;
  for (let previous = ''; previous !== rest;) {
    previous = rest;
    rest = rest.replace(/:(is|where|has|not)\(([^()]*)\)/g, (_, name, list) =>
      (name === 'not' || list.split(',').some((one) => hasClasses(one, words)) ? '' : '.-impossible-'));
    rest = rest.replace(/:(?!is\b|where\b|has\b|not\b)([\w-]+)\([^()]*\)/g, ':$1');
  }
  return hasClasses(rest, words);
}

function hasClasses(selector, words) {
  return [...selector.matchAll(/\.(-?[_a-zA-Z](?:[\w-]|\\.)*)/g)].every(([, name]) => words.has(name));
}

function dropUnusedRules(root, words) {
  root.walkAtRules('font-face', (rule) => { rule.remove(); });
  root.walkRules((rule) => {
    if (rule.parent.type === 'atrule' && rule.parent.name.endsWith('keyframes')) return;
    const kept = rule.selectors.filter((selector) => canMatch(selector, words));
    if (kept.length === 0) rule.remove();
    else rule.selectors = kept;
  });
}

/** Custom properties and keyframes that nothing refers to. Each one removed may have been the last that refers to another. */
function dropUnusedNames(root, words) {
  for (let changed = true; changed;) {
    changed = false;
    const used = new Set();
    const animations = new Set();
    root.walkDecls((decl) => {
      for (const [, name] of decl.value.matchAll(/var\(\s*(--[\w-]+)/g)) used.add(name);
      if (/animation/i.test(decl.prop)) for (const [name] of decl.value.matchAll(/[\w-]+/g)) animations.add(name);
    });
    root.walkDecls(/^--/, (decl) => {
      if (used.has(decl.prop) || words.has(decl.prop)) return;
      decl.remove();
      changed = true;
    });
    root.walkAtRules((rule) => {
      if (rule.name === 'property' && !used.has(rule.params)) rule.remove();
      if (rule.name.endsWith('keyframes') && !animations.has(rule.params)) rule.remove();
    });
    root.walk((node) => {
      if (node.nodes && node.nodes.filter((child) => child.type !== 'comment').length === 0) {
        node.remove();
        changed = true;
      }
    });
  }
  root.walkComments((comment) => { comment.remove(); });
}

