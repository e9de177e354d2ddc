// SPDX-License-Identifier: Apache-2.0
// One failover pair: its switch, what the server has to ask before it is made, and its health.

import { announce, badge, emulatedBadge, findings, h, onClick, when } from './dom.js';
import { call } from './server.js';
import { ask, attempt, tell } from './dialog.js';

const EFFECTS = {
  'none': '',
  'at-once': 'The running VM was told as well.',
  'at-next-start': 'It takes effect when the VM is started.',
  'after-restart': 'The running VM is unchanged until it is shut down and started again.',
};

// What an admin may accept, by the finding that asks for it.
const CONSENTS = {
  'machine-change-needs-consent': {
    consent: 'change-machine-type',
    text: 'Change the machine type. I know that the guest may not boot on it, or may rename its devices.',
  },
};

export function failoverSwitch(vm, nic, path) {
  const on = nic.role === 'standby';
  return onClick(h('button', {
    type: 'button', className: 'switch', role: 'switch', 'aria-checked': String(on),
    disabled: vm.moving, title: vm.moving ? 'The VM is being migrated.' : undefined,
    'aria-label': `Failover pair of ${nic.alias ?? `NIC ${nic.index}`} of ${vm.name}`,
    'data-focus': `${vm.name}-${nic.index}-switch`,
  }, h('span', { className: 'track', 'aria-hidden': 'true' }), h('span', {}, on ? 'Failover on' : 'Failover off')),
  () => switchPair(vm, nic, path, on));
}

async function switchPair(vm, nic, path, on) {
  await attempt(`The pair of ${vm.name} was not changed`, async () => {
    const selector = nic.alias ?? nic.mac ?? String(nic.index);
    const change = on
      ? await call('DELETE', `${path}/pair?nic=${encodeURIComponent(selector)}`)
      : await turnOn(vm, path, { nic: selector });
    if (change === undefined) return;
    const text = `Failover is switched ${on ? 'off' : 'on'} in the definition of ${vm.name}. ${EFFECTS[change.effect] ?? ''}`;
    announce(text);
    if (change.findings.length > 0 || change.effect === 'after-restart') {
      await tell(`Failover ${on ? 'off' : 'on'}: ${vm.name}`, h('p', {}, text), findings(change.findings));
    }
  });
}

/** Asks what the server wants to know, if there is such a thing; nothing if the admin stepped back. */
async function turnOn(vm, path, wish) {
  try {
    return await call('POST', `${path}/pair`, wish);
  } catch (refusal) {
    const pools = await call('GET', 'pools').catch(() => []);
    const questions = (refusal.findings ?? []).filter((finding) => finding.severity === 'error')
      .map((finding) => question(finding, wish, pools));
    if (questions.length === 0 || questions.includes(undefined)) throw refusal;
    const confirmed = await ask(`Failover on: ${vm.name}`, 'Switch on', (go) => {
      const check = () => { go.disabled = !questions.every((one) => one.answered()); };
      check();
      return h('div', { className: 'questions', oninput: check }, questions.flatMap((one) => one.content));
    });
    return confirmed ? turnOn(vm, path, questions.reduce((wished, one) => one.answer(wished), wish)) : undefined;
  }
}

/** The question that would do away with a finding; undefined if there is none, or if it was answered before. */
function question(finding, wish, pools) {
  const risk = CONSENTS[finding.code];
  if (risk && !wish.consents?.includes(risk.consent)) return consentQuestion(finding, risk);
  if (finding.code === 'pool-unknown' && !wish.pool && pools.length > 0) return poolQuestion(pools);
  return undefined;
}

function consentQuestion(finding, { consent, text }) {
  const box = h('input', { type: 'checkbox', id: consent });
  return {
    content: [findings([finding]), h('label', { className: 'consent', htmlFor: consent }, box, h('span', {}, text))],
    answered: () => box.checked,
    answer: (wish) => ({ ...wish, consents: [...(wish.consents ?? []), consent] }),
  };
}

function poolQuestion(pools) {
  const select = h('select', { id: 'pool' }, pools.map((pool) =>
    h('option', { value: pool.name }, pool.kind === 'emulated' ? `${pool.name} (emulated)` : pool.name)));
  return {
    content: [
      h('p', {}, 'The configuration names no VF pool for this network.'),
      h('label', { htmlFor: 'pool' }, 'Take the primary from pool'), select],
    answered: () => true,
    answer: (wish) => ({ ...wish, pool: select.value }),
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

/** What tells whether the guest does its part; asked for when it is opened, as the guest itself may be asked. */
export function guestSigns(pair, path) {
  const shown = h('div', { role: 'status' });
  const fold = h('details', { className: 'fold' }, h('summary', {}, 'Does the guest cooperate?'), shown);
  fold.addEventListener('toggle', async () => {
    if (!fold.open) return;
    shown.replaceChildren('Asking …');
    try {
      const { pairs } = await call('GET', `${path}/guest`);
      shown.replaceChildren(...cooperation(pairs.find((now) => now.primary === pair.primary)?.guest));
    } catch (refusal) {
      shown.replaceChildren(refusal.message);
    }
  });
  return fold;
}

function cooperation(guest) {
  if (!guest) return ['The VM does not run.'];
  const answer = guest.answer === undefined ? 'Nobody can tell.' : guest.answer ? 'Yes.' : 'No.';
  return [h('p', {}, h('strong', {}, answer)),
    h('ul', {}, guest.signs.map((sign) => h('li', {}, when(sign.at), ` ${sign.source}: ${sign.says}`)))];
}
