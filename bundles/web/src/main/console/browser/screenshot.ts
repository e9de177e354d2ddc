// SPDX-License-Identifier: Apache-2.0
// Stores a screenshot of a page, as soon as it shows a text. For ./understudy demo --screenshot.
//
//   node screenshot.mjs ADDRESS TEXT FILE      user and password in UNDERSTUDY_USER and UNDERSTUDY_PASSWORD

import { chromium } from 'playwright-core';

const [address = '', text = '', file = ''] = process.argv.slice(2);
const { UNDERSTUDY_USER: username = '', UNDERSTUDY_PASSWORD: password = '' } = process.env;
const browser = await chromium.launch({
  executablePath: '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-dev-shm-usage'],
});
try {
  const context = await browser.newContext({ viewport: { width: 1280, height: 1000 }, reducedMotion: 'reduce' });
  const login = await context.request.post(new URL('/understudy/login', address).href, { form: { user: username, password } });
  if (!login.ok()) throw new Error(`Login of user ${username}: ${login.status()}`);
  const page = await context.newPage();
  await page.goto(address);
  await page.getByText(text).first().waitFor({ timeout: 20_000 });
  await page.screenshot({ path: file });
} finally {
  await browser.close();
}
