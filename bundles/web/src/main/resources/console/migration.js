// SPDX-License-Identifier: Apache-2.0
// One migration: its seven steps while they run, and its result.

import { badge, button, emulatedBadge, h, ms, orderedFindings, when } from './dom.js';
import { call } from './server.js';
import { attempt } from './dialog.js';

const OUTCOMES = {
  'completed': 'Completed',
  'completed-degraded': 'Completed, degraded: on standby',
  'failed-on-source': 'Failed: the VM runs on the source',
  'cancelled': 'Cancelled: the VM runs on the source',
  'needs-attention': 'Needs attention',
};

/** Another migration may have moved the VM since. */
function outcome(migration) {
  return migration.outcome === 'failed-on-source' && migration.findings[0]?.code === 'other-migration'
    ? 'Failed: another migration has the VM'
    : OUTCOMES[migration.outcome] ?? migration.outcome;
}

export function migrationCard(migration, state, old) {
  const id = `migration-${migration.id}`;
  const running = migration.outcome === undefined;
  return h('article', { className: 'card migration', 'aria-labelledby': id },
    h('header', {},
      h('h3', { id }, `${migration.vm}: ${migration.source} → ${migration.destination}`),
      running ? badge('running', 'outcome-running') : badge(outcome(migration), `outcome-${migration.outcome}`),
      migration.primaries.includes('emulated') ? emulatedBadge() : undefined,
      when(migration.started),
      running ? button('Cancel migration', `${migration.id}-cancel`, () => attempt(`Migration of ${migration.vm} not cancelled`,
        () => call('DELETE', `migrations/${encodeURIComponent(migration.id)}`))) : undefined),
    migration.folded ? folded(migration, state, old) : details(migration, state, old));
}

function details(migration, state, old) {
  return [
    steps(migration, state, old),
    migration.outcome === undefined ? undefined : figures(migration),
    migration.findings.length ? orderedFindings(migration.findings) : undefined];
}

/** An older migration: its figures; steps and findings are collapsed. */
function folded(migration, state, old) {
  return [
    figures(migration),
    h('details', { className: 'fold', open: old?.querySelector('.fold')?.open ?? false },
      h('summary', { 'data-focus': `${migration.id}-fold` }, 'Steps and findings'),
      steps(migration, state, old),
      migration.findings.length ? orderedFindings(migration.findings) : undefined)];
}

/** Name and value of a fact for display. */
function fact([key, value]) {
  const name = key.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
  return name.endsWith(' bytes') ? [name.replace(' bytes', ''), `${(value / 2 ** 20).toFixed(1)} MiB`] : [name, value];
}

function steps(migration, state, old) {
  const opened = new Set([...(old?.querySelectorAll('details[open]') ?? [])].map((details) => details.dataset.step));
  return h('ol', { className: 'steps' }, migration.steps.map((report) => {
    const word = state.words.steps.find((step) => step.step === report.step);
    const facts = Object.entries(report.facts).map(fact);
    const line = [
      h('span', { className: 'mark', 'aria-hidden': 'true' }),
      h('span', { className: 'title' }, word?.title ?? report.step),
      h('span', { className: 'step-state' }, report.state),
      h('span', { className: 'time' }, report.durationMs === undefined ? '' : ms(report.durationMs)),
      h('span', { className: 'gist', 'aria-hidden': 'true' }, facts.map(([name, value]) => `${name}: ${value}`).join(' · ')),
    ];
    return h('li', { className: report.state, 'aria-current': report.state === 'running' ? 'step' : undefined },
      facts.length
        ? h('details', { 'data-step': report.step, open: opened.has(report.step) },
            h('summary', { 'data-focus': `${migration.id}-${report.step}` }, line),
            h('dl', {}, facts.flatMap(([name, value]) => [h('dt', {}, name), h('dd', {}, value)])))
        : h('div', { className: 'line' }, line),
      report.step === 'copy' && migration.progress !== undefined && report.state === 'running'
        ? h('progress', { max: 100, value: migration.progress, 'aria-label': 'Memory copied' }) : undefined);
  }));
}

function figures(migration) {
  const gap = migration.networkGap;
  const measured = gap.kind === 'measured';
  const moved = migration.outcome.startsWith('completed');
  return h('div', { className: 'figures' },
    moved || migration.downtimeMs !== undefined ? figure('Downtime', ms(migration.downtimeMs, 'not measured'), 'vCPUs paused') : undefined,
    moved || migration.onStandbyMs !== undefined ? figure('On standby', ms(migration.onStandbyMs, 'not measured'), 'without the primary') : undefined,
    figure('Network gap', measured ? ms(gap.longestGapMs) : 'not measured',
      measured
        ? `${gap.lost} of ${gap.sent} packets lost, ${gap.duplicated} duplicated, ${gap.reordered} reordered; ${gap.method} every ${ms(gap.intervalMs)}`
        : gap.reason),
    measured && gap.paths.length
      ? h('table', { className: 'paths' },
          h('caption', { className: 'visually-hidden' }, 'Packets per path'),
          h('thead', {}, h('tr', {}, ['Path', 'Packets', 'Longest gap'].map((text) => h('th', { scope: 'col' }, text)))),
          h('tbody', {}, gap.paths.map((path) => h('tr', {},
            h('th', { scope: 'row' }, path.path), h('td', {}, String(path.received)), h('td', {}, path.received < 2 ? '–' : ms(path.longestGapMs))))))
      : undefined);
}

function figure(name, value, note) {
  return h('div', { className: 'figure' },
    h('p', { className: 'name' }, name), h('p', { className: 'value' }, value), h('p', { className: 'quiet' }, note));
}
