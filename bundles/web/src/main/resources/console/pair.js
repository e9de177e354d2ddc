// SPDX-License-Identifier: Apache-2.0
// One failover pair: its switch, the questions before it is added, and its health.

import { announce, badge, emulatedBadge, findings, h, onClick, when } from './dom.js';
import { call } from './server.js';
import { ask, attempt, showMessage } from './dialog.js';

const EFFECTS = {
  'none': '',
  'at-once': 'The running VM is changed too.',
  'at-next-start': 'It takes effect when the VM is started.',
  'after-restart': 'It takes effect after the VM is shut down and started again.',
};

// Risks that an admin can accept, by the code of the finding.
const CONSENTS = {
  'machine-change-needs-consent': {
    consent: 'change-machine-type',
    text: 'Change the machine type. The guest may fail to boot on it, or may rename its devices.',
  },
};

export function failoverSwitch(vm, nic, path) {
  const on = nic.role === 'standby';
  return onClick(h('button', {
    type: 'button', className: 'switch', role: 'switch', 'aria-checked': String(on),
    disabled: vm.moving, title: vm.moving ? 'A migration of the VM is running.' : undefined,
    'aria-label': `Failover pair of ${nic.alias ?? `NIC ${nic.index}`} of ${vm.name}`,
    'data-focus': `${vm.key}-${nic.index}-switch`,
  }, h('span', { className: 'track', 'aria-hidden': 'true' }), h('span', {}, on ? 'Failover on' : 'Failover off')),
  () => switchPair(vm, nic, path, on));
}

async function switchPair(vm, nic, path, on) {
  await attempt(`Failover pair of ${vm.name} not changed`, async () => {
    const selector = nic.alias ?? nic.mac ?? String(nic.index);
    const change = on
      ? await turnOff(vm, nic, path, selector)
      : await turnOn(vm, path, { nic: selector });
    if (change === undefined) return;
    const text = `Failover is switched ${on ? 'off' : 'on'} in the definition of ${vm.name}. ${EFFECTS[change.effect] ?? ''}`;
    announce(text);
    if (change.findings.length > 0 || change.effect === 'after-restart') {
      await showMessage(`Failover ${on ? 'off' : 'on'}: ${vm.name}`, h('p', {}, text), findings(change.findings));
    }
  });
}

/** Asks before the primary of a VM that may run is unplugged; undefined if the admin cancels. */
async function turnOff(vm, nic, path, selector) {
  const pair = vm.pairs.find((candidate) => candidate.standby === nic.alias);
  const confirmed = vm.state === 'shutoff' || await ask(`Failover off: ${vm.name}`, 'Unplug primary', () => [
    h('p', {}, `VM ${vm.name} is ${vm.state}. The primary${pair ? ` ${pair.primary}` : ''} is unplugged from it at once${pair?.kind === 'emulated' ? '' : ', and its VF is released'}.`),
    h('p', {}, 'The traffic continues on the standby NIC, more slowly than on a VF. The definition of the VM gets its former NIC back.')]);
  return confirmed ? call('DELETE', path('pair', `&nic=${encodeURIComponent(selector)}`)) : undefined;
}

/** Asks for the consent or the pool that the server requires; undefined if the admin cancels. */
async function turnOn(vm, path, request) {
  try {
    return await call('POST', path('pair'), request);
  } catch (error) {
    const pools = await call('GET', 'pools').catch(() => []);
    const questions = (error.findings ?? []).filter((finding) => finding.severity === 'error')
      .map((finding) => question(finding, request, pools));
    if (questions.length === 0 || questions.includes(undefined)) throw error;
    const confirmed = await ask(`Failover on: ${vm.name}`, 'Switch failover on', (confirmButton) => {
      const check = () => { confirmButton.disabled = !questions.every((one) => one.answered()); };
      check();
      return h('div', { className: 'questions', oninput: check }, questions.flatMap((one) => one.content));
    });
    return confirmed ? turnOn(vm, path, questions.reduce((answered, one) => one.answer(answered), request)) : undefined;
  }
}

/** The question whose answer resolves a finding; undefined if there is none, or if it is already answered. */
function question(finding, request, pools) {
  const risk = CONSENTS[finding.code];
  if (risk && !request.consents?.includes(risk.consent)) return consentQuestion(finding, risk);
  if (finding.code === 'pool-unknown' && !request.pool && pools.length > 0) return poolQuestion(pools);
  return undefined;
}

function consentQuestion(finding, { consent, text }) {
  const box = h('input', { type: 'checkbox', id: consent });
  return {
    content: [findings([finding]), h('label', { className: 'consent', htmlFor: consent }, box, h('span', {}, text))],
    answered: () => box.checked,
    answer: (request) => ({ ...request, consents: [...(request.consents ?? []), consent] }),
  };
}

function poolQuestion(pools) {
  const select = h('select', { id: 'pool' }, pools.map((pool) =>
    h('option', { value: pool.name }, pool.kind === 'emulated' ? `${pool.name} (emulated)` : pool.name)));
  return {
    content: [
      h('p', {}, 'No VF pool is configured for this network.'),
      h('label', { htmlFor: 'pool' }, 'Take the primary from pool'), select],
    answered: () => true,
    answer: (request) => ({ ...request, pool: select.value }),
  };
}

export function pairHealth(pair, state) {
  const words = state.words.health[pair.health] ?? { cause: '', nextStep: '' };
  return h('div', { className: `health ${pair.health}` },
    h('p', {},
      badge(pair.health.replace('-', ' '), `health-${pair.health}`),
      pair.kind === 'emulated' ? emulatedBadge() : undefined,
      pair.pool ? h('span', { className: 'quiet' }, `pool ${pair.pool}`) : undefined),
    h('p', {}, pair.details || words.cause),
    words.nextStep && words.nextStep !== 'Nothing to do.' ? h('p', { className: 'remedy' }, words.nextStep) : undefined);
}

/** Evidence whether the guest cooperates; requested when opened, because the request may query the guest. */
export function guestEvidence(pair, path) {
  const shown = h('div', { role: 'status' });
  const fold = h('details', { className: 'fold' }, h('summary', {}, 'Does the guest cooperate?'), shown);
  fold.addEventListener('toggle', async () => {
    if (!fold.open) return;
    shown.replaceChildren('Checking …');
    try {
      const { pairs } = await call('GET', path('guest'));
      shown.replaceChildren(...cooperation(pairs.find((now) => now.primary === pair.primary)?.guest));
    } catch (error) {
      shown.replaceChildren(error.message);
    }
  });
  return fold;
}

function cooperation(guest) {
  if (!guest) return ['The VM is not running.'];
  const answer = guest.answer === undefined ? 'Unknown.' : guest.answer ? 'Yes.' : 'No.';
  return [h('p', {}, h('strong', {}, answer)),
    h('ul', {}, guest.signs.map((sign) => h('li', {}, when(sign.at), ` ${sign.source}: ${sign.says}`)))];
}
