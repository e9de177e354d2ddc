// SPDX-License-Identifier: Apache-2.0
// Lints an OpenAPI document with Redocly's rules; prints each problem, and fails if there is one.
//
//   node lint.mjs FILE

import { createConfig, lint } from '@redocly/openapi-core';

const config = await createConfig({ extends: ['recommended-strict'] });
const problems = await lint({ ref: process.argv[2], config });
for (const { ruleId, message, location } of problems) console.log(`${location[0]?.pointer}: ${message} (${ruleId})`);
process.exitCode = problems.length > 0 ? 1 : 0;
