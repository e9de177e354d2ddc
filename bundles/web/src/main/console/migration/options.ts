// SPDX-License-Identifier: Apache-2.0
// The options of the Migrate dialog, and the request made of them.

export interface OptionFields {
  strategy: '' | 'explicit' | 'automatic';
  bandwidthMibS: string;
  downtimeLimitMs: string;
  autoConverge: boolean;
  tls: boolean;
  multifdChannels: string;
}

export const NO_OPTIONS: OptionFields = {
  strategy: '', bandwidthMibS: '', downtimeLimitMs: '', autoConverge: false, tls: false, multifdChannels: '' };

const MIB = 2 ** 20;

/** What is wrong with the options; undefined if nothing is. */
export function optionsProblem(fields: OptionFields): string | undefined {
  const isNumber = (text: string, least: number, most: number): boolean =>
    text === '' || (Number.isFinite(Number(text)) && Number(text) >= least && Number(text) <= most);
  if (!isNumber(fields.bandwidthMibS, 1, 1_000_000)) return 'The bandwidth limit is a number of MiB/s, 1 or more.';
  if (!isNumber(fields.downtimeLimitMs, 1, 2_000_000)) return 'The downtime limit is a number of ms, 1 to 2000000.';
  if (!isNumber(fields.multifdChannels, 2, 255)) return 'The number of memory streams is 2 to 255.';
  return undefined;
}

/** The body of `POST /migrations`. Options that are not set are left to QEMU and to the configuration. */
export function request(vm: string, destination: string, fields: OptionFields, onStandby: boolean): Record<string, unknown> {
  const body: Record<string, unknown> = { vm, destination };
  if (onStandby) body['requireVf'] = false;
  if (fields.strategy !== '') body['strategy'] = fields.strategy;
  if (fields.bandwidthMibS !== '') body['bandwidth'] = Math.round(Number(fields.bandwidthMibS) * MIB);
  if (fields.downtimeLimitMs !== '') body['downtimeLimitMs'] = Math.round(Number(fields.downtimeLimitMs));
  if (fields.autoConverge) body['autoConverge'] = true;
  if (fields.tls) body['tls'] = true;
  if (fields.multifdChannels !== '') body['multifdChannels'] = Math.round(Number(fields.multifdChannels));
  return body;
}
