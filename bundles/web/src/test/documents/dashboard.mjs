// SPDX-License-Identifier: Apache-2.0
// Checks a dashboard of Grafana against its schema, and the syntax of its queries; prints each problem, and fails if there is one.
//
//   node dashboard.mjs FILE

import { readFileSync } from 'node:fs';
import { parser } from '@prometheus-io/lezer-promql';
import Ajv from 'ajv';
import { createGenerator } from 'ts-json-schema-generator';

const dashboard = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const problems = [];

const types = { path: 'dashboard.ts', tsconfig: 'tsconfig.json', type: 'Document', skipTypeCheck: true };
const matches = new Ajv({ allErrors: true, strict: false }).compile(createGenerator(types).createSchema('Document'));
if (!matches(dashboard)) {
  problems.push(...matches.errors.map(({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`));
}

for (const { expr } of dashboard.panels.flatMap(({ targets }) => targets)) {
  parser.parse(expr).iterate({ enter: ({ type, from }) => { if (type.isError) problems.push(`${expr}: syntax error at ${from}`); } });
}

problems.forEach((problem) => console.log(problem));
process.exitCode = problems.length > 0 ? 1 : 0;
