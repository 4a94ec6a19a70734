// One browser a file of walks; every person gets a context of their own in it. Who needs a whole browser
// brings the folder that it keeps everything in.

import { chromium } from 'playwright-core';
import { needed } from './server.mjs';

let launched;

const how = () => ({
  executablePath: needed('HUBBUB_CHROMIUM'),
  headless: true,
  args: [
    '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
    '--disable-background-networking', '--disable-component-update', '--disable-sync',
  ],
});

export function browser() {
  launched ??= chromium.launch(how());
  return launched;
}

/** A browser of its own, as its one context. */
export function browserIn(folder, options) {
  return chromium.launchPersistentContext(folder, { ...how(), ...options });
}

/** The processes of a browser of its own: of `type` `browser`, `renderer` and others. */
export async function processes(context, type) {
  const session = await context.browser().newBrowserCDPSession();
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  await session.detach();
  return processInfo.filter((process) => process.type === type).map((process) => process.id);
}

export async function closeBrowser() {
  if (launched) await (await launched).close();
  launched = undefined;
}
