// One browser a file of walks; every person gets a context of their own in it.

import { chromium } from 'playwright-core';
import { needed } from './server.mjs';

let launched;

export function browser() {
  launched ??= chromium.launch({
    executablePath: needed('HUBBUB_CHROMIUM'),
    headless: true,
    args: [
      '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
      '--disable-background-networking', '--disable-component-update', '--disable-sync',
    ],
  });
  return launched;
}

export async function closeBrowser() {
  if (launched) await (await launched).close();
  launched = undefined;
}
