// SPDX-License-Identifier: Apache-2.0
// Functions that build elements.

/** Creates an element. Properties with a hyphen become attributes; children are elements, text, or empty. */
export function h(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined || value === null) continue;
    if (name.includes('-') || name === 'role') element.setAttribute(name, value);
    else element[name] = value;
  }
  element.append(...children.flat().filter((child) => child !== undefined && child !== null && child !== false));
  return element;
}

/** Shows one element per item, and replaces only those whose item has changed, so that focus and animations persist. */
export function list(container, items, keyOf, render, empty) {
  const old = new Map([...container.children].map((child) => [child.dataset.key, child]));
  const next = items.map((item) => {
    const key = keyOf(item);
    const state = JSON.stringify(item);
    const known = old.get(key);
    if (known?.itemState === state) return known;
    const element = render(item, known);
    element.dataset.key = key;
    element.itemState = state;
    return element;
  });
  if (next.length === 0) next.push(h('p', { className: 'empty' }, empty));
  const focused = container.contains(document.activeElement) ? document.activeElement.dataset.focus : undefined;
  if (next.length !== container.children.length || next.some((element, i) => container.children[i] !== element)) {
    container.replaceChildren(...next);
  }
  if (focused && !container.contains(document.activeElement)) {
    container.querySelector(`[data-focus="${CSS.escape(focused)}"]`)?.focus();
  }
}

export function badge(text, kind, title) {
  return h('span', { className: `badge ${kind}`, title }, text);
}

export function emulatedBadge() {
  return badge('emulated', 'emulated', 'An emulated NIC replaces the VF. Not for production.');
}

/** Runs an action on a click, one at a time. `disabled` is not used, because it removes the focus. */
export function onClick(element, action) {
  element.onclick = async () => {
    if (element.ariaDisabled === 'true') return;
    element.ariaDisabled = 'true';
    try {
      await action();
    } finally {
      element.ariaDisabled = null;
    }
  };
  return element;
}

export function button(text, focus, action, { className = '', disabled = false, title } = {}) {
  return onClick(h('button', { type: 'button', className, disabled, title, 'data-focus': focus }, text), action);
}

/** Time of day; with the date if it is not today. */
export function when(instant) {
  const date = new Date(instant);
  const today = date.toDateString() === new Date().toDateString();
  return h('time', { className: 'quiet', dateTime: instant }, today ? date.toLocaleTimeString() : date.toLocaleString());
}

/** 87 ms, 1.37 s, or a text for a missing value. */
export function ms(value, missing = 'unknown') {
  if (value === undefined) return missing;
  return value < 1000 ? `${Math.round(value)} ms` : `${(value / 1000).toFixed(value < 10000 ? 2 : 1)} s`;
}

const SEVERITIES = ['error', 'warning', 'notice'];

/** Findings, the most severe first. */
export function findings(items) {
  return orderedFindings([...items].sort((a, b) => SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity)));
}

/** Findings in the order of the server: the first one of a migration is the reason of its outcome. */
export function orderedFindings(items) {
  return h('ul', { className: 'findings' }, items.map((finding) => h('li', { className: finding.severity },
    badge(finding.severity, finding.severity),
    h('div', {},
      h('p', {}, finding.message),
      finding.remedy ? h('p', { className: 'remedy' }, finding.remedy) : undefined))));
}

/** Announces a text to screen readers. */
export function announce(text) {
  document.getElementById('announcer').textContent = text;
}
