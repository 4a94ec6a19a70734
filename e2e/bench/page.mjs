// The page, measured by the browser itself: a room that has been talked in for two months is
// opened, left, entered, written in and scrolled through, at full speed and as on a machine four
// times slower.
//
// `cargo xtask bench page [--runs NUMBER] [--messages NUMBER] [--slower 1,4]`

import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { cpus, loadavg, release } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { chromium } from 'playwright-core';
import { watchAnchor } from '../support/anchor.mjs';
import { eventually } from '../support/conditions.mjs';
import { summary, traced } from './frames.mjs';
import { Place, needed } from './place.mjs';
import { medians, percentile, show } from './report.mjs';
import { stopwatch } from './stopwatch.mjs';

const { values: asked } = parseArgs({
  options: {
    messages: { type: 'string', default: '50000' },
    runs: { type: 'string', default: '1' },
    slower: { type: 'string', default: '1,4' },
  },
});
const MESSAGES = Number(asked.messages);
const SLOWER = asked.slower.split(',').map(Number);
/** The promise: nothing holds the page's thread for longer once the first message is painted. */
const LIMIT = 50;
/** Turns of the wheel, and how far each goes. */
const TURNS = 300;
const TURN_PIXELS = 800;
const TURN_MILLIS = 16;
const CHANGES = 4;
const OWN_MESSAGES = 12;
const SIZE = { width: 1440, height: 900 };
/** Nothing takes longer, or it is broken. */
const PATIENCE = 60_000;

const output = needed('HUBBUB_BENCH_OUTPUT');
await mkdir(output, { recursive: true });
const folder = await mkdtemp(join(output, 'page-'));
let place;
let browser;
try {
  say(`filling a room with ${MESSAGES} messages`);
  place = await Place.open(join(folder, 'data'), MESSAGES);
  browser = await chromium.launch({
    executablePath: needed('HUBBUB_CHROMIUM'),
    headless: true,
    args: [
      '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
      '--disable-background-networking', '--disable-component-update', '--disable-sync',
      '--enable-precise-memory-info',
    ],
  });
  const machine = {
    date: new Date().toISOString(),
    cpu: cpus()[0].model,
    cores: cpus().length,
    kernel: release(),
    load: loadavg()[0].toFixed(2),
    browser: `Chromium ${browser.version()}`,
  };
  console.log(Object.values(machine).join('; '));
  const runs = [];
  for (let run = 1; run <= Number(asked.runs); run += 1) {
    for (const slower of SLOWER) {
      say(`run ${run} of ${asked.runs}, ${slower}×`);
      runs.push({ slower, ...(await measure(slower)) });
    }
  }
  const rows = SLOWER.map((slower) => medians(runs.filter((run) => run.slower === slower)));
  show(`a room of ${MESSAGES.toLocaleString('en')} messages`, rows);
  const file = join(output, `page-${machine.date.replace(/\D/g, '').slice(0, 12)}.json`);
  await writeFile(file, JSON.stringify({ machine, messages: MESSAGES, medians: rows, runs }, null, 2));
  console.log(`\n${file}`);
  if (rows.some((row) => row.longest > LIMIT)) {
    console.log(`The page's thread was held for more than ${LIMIT} ms after the first message was painted.`);
    process.exitCode = 1;
  }
} finally {
  await browser?.close();
  await place?.close();
  await rm(folder, { recursive: true, force: true });
}

async function measure(slower) {
  const visitor = await arrive(slower);
  const { page } = visitor;
  const causes = {};
  const tasks = [];
  const watched = async (part, steps) => {
    say(`  ${part}`);
    const found = summary(await traced(browser, page, steps), LIMIT);
    causes[part] = found.cause;
    tasks.push(found);
    return found.longest;
  };
  const quiet = () => page.evaluate(() => new Promise((done) => requestIdleCallback(() => done(), { timeout: 2000 })));
  try {
    // The way in: the address of the room itself.
    let firstMessage;
    say('  opening');
    const loading = summary(await traced(browser, page, async () => {
      await page.goto(`${place.url}/r/${place.room}`);
      firstMessage = await within(page.evaluate((name) => globalThis.stopwatch.opened(name), place.name));
    }), LIMIT);
    causes.loading = loading.cause;
    const firstLoadBytes = visitor.bytes();
    const firstPaint = await page.evaluate(() => globalThis.stopwatch.firstPaint());
    const opening = await watched('opened', () => settled(page));

    const change = (name) => within(page.evaluate((to) => globalThis.stopwatch.change(to), name));
    await change('Lobby');
    await page.reload();
    await page.getByRole('log', { name: 'Messages in Lobby', exact: true }).waitFor();
    await settled(page);
    let cold;
    const cached = [];
    const changing = await watched('changing rooms', async () => {
      cold = await change(place.name);
      await settled(page);
      for (let turn = 0; turn < CHANGES; turn += 1) {
        await change('Lobby');
        await quiet();
        cached.push(await change(place.name));
        await settled(page);
      }
    });

    say('  writing');
    const keys = await write(page);
    const own = await send(page, slower);

    const up = await watched('scrolling up', () => wheel(visitor, -TURN_PIXELS));
    const top = await page.evaluate(() => globalThis.stopwatch.places());
    const down = await watched('scrolling down', () => wheel(visitor, TURN_PIXELS));
    const heap = await visitor.heap();
    say('  scrolling once more');
    await wheel(visitor, -TURN_PIXELS);
    await wheel(visitor, TURN_PIXELS);
    const heapAgain = await visitor.heap();
    say('  an older page');
    const drift = await prepend(visitor);
    return {
      firstLoadBytes, firstPaint, firstMessage, loading: loading.longest, opening, cold, cached: percentile(cached, 0.5), changing, up, down,
      longest: Math.max(...tasks.map((task) => task.longest)),
      longestByClock: Math.max(...tasks.map((task) => task.longestByClock)),
      over: tasks.reduce((sum, task) => sum + task.over, 0),
      ...keys, ...own, drift,
      scrolledPast: MESSAGES - Math.min(...top),
      rows: await page.evaluate(() => globalThis.stopwatch.rows()),
      heapMiB: heap.script, heapGrowthMiB: heapAgain.script - heap.script, wasmMiB: heapAgain.program,
      causes,
    };
  } finally {
    await visitor.context.close();
  }
}

/** Somebody with a page that is not open yet. */
async function arrive(slower) {
  const context = await browser.newContext({ locale: 'en-GB', viewport: SIZE });
  context.setDefaultTimeout(PATIENCE);
  await context.addCookies([
    { name: 'hubbub_session', value: place.token, url: place.url, httpOnly: true, sameSite: 'Lax' },
  ]);
  await context.addInitScript(stopwatch);
  const page = await context.newPage();
  const wire = await context.newCDPSession(page);
  await wire.send('Emulation.setCPUThrottlingRate', { rate: slower });
  await wire.send('Network.enable');
  await wire.send('Performance.enable');
  let bytes = 0;
  wire.on('Network.loadingFinished', ({ encodedDataLength }) => { bytes += encodedDataLength; });
  const mebi = (value) => value / 1024 / 1024;
  return {
    context,
    page,
    wire,
    bytes: () => bytes,
    log: page.getByRole('log', { name: `Messages in ${place.name}`, exact: true }),
    async heap() {
      await wire.send('HeapProfiler.collectGarbage');
      const { metrics } = await wire.send('Performance.getMetrics');
      const script = metrics.find((metric) => metric.name === 'JSHeapUsedSize').value;
      return { script: mebi(script), program: mebi(await page.evaluate(() => globalThis.stopwatch.memory())) };
    },
  };
}

/** How soon a letter that is typed is painted. */
async function write(page) {
  await page.locator('#composer').focus();
  await page.evaluate(() => globalThis.stopwatch.listen(true));
  await page.keyboard.type('what is typed here is painted at once', { delay: 45 });
  await settled(page);
  const keys = await page.evaluate(() => globalThis.stopwatch.listen(false));
  await page.keyboard.press('Control+A');
  await page.keyboard.press('Delete');
  return {
    keyOwn: percentile(keys.map((key) => key.own), 0.95),
    keyAll: percentile(keys.map((key) => key.all), 0.95),
  };
}

/** How soon one's own message is painted, and how soon in another browser after it was committed. */
async function send(page, slower) {
  const other = await arrive(1);
  try {
    await other.page.goto(`${place.url}/r/${place.room}`);
    await other.log.getByRole('article').first().waitFor();
    await settled(other.page);
    await page.bringToFront();
    const own = [];
    const arrivals = new Map();
    for (let number = 0; number < OWN_MESSAGES; number += 1) {
      const text = `A message of this run, ${slower}× and number ${number}`;
      await page.locator('#composer').fill(text);
      await settled(page);
      const sent = page.evaluate((words) => globalThis.stopwatch.sent(words), text);
      const arrived = other.page.evaluate((words) => globalThis.stopwatch.arrived(words), text);
      await page.evaluate(() => 0);
      await page.keyboard.press('Enter');
      own.push(await within(sent));
      arrivals.set(text, await within(arrived));
      await settled(page);
    }
    const committed = await place.committed();
    const after = [...arrivals].map(([text, at]) => at - committed.get(text));
    return {
      ownMessage: percentile(own.map((one) => one.took), 0.95),
      ownFrame: Math.max(...own.map((one) => one.frame)),
      otherMedian: percentile(after, 0.5),
      otherWorst: Math.max(...after),
    };
  } finally {
    await other.context.close();
  }
}

/** Turns the wheel at a steady pace, whatever the page does. */
async function wheel({ wire, page, log }, pixels) {
  const box = await log.boundingBox();
  const at = { x: box.x + box.width / 2, y: box.y + box.height / 2 };
  await page.mouse.move(at.x, at.y);
  const begin = performance.now();
  const unanswered = new Set();
  for (let turn = 0; turn < TURNS; turn += 1) {
    const early = begin + turn * TURN_MILLIS - performance.now();
    if (early > 0) await new Promise((resolve) => setTimeout(resolve, early));
    // A browser that is behind gets its turns together, as from a real wheel.
    if (unanswered.size > 20) await Promise.race(unanswered);
    const answer = wire.send('Input.dispatchMouseEvent', { type: 'mouseWheel', ...at, deltaX: 0, deltaY: pixels })
      .finally(() => unanswered.delete(answer));
    unanswered.add(answer);
  }
  await within(Promise.all(unanswered));
  await settled(page);
}

/** By how many pixels an older page moves what is read. */
async function prepend({ page, log, wire }) {
  const held = [];
  await page.route(/\/history\?.*before=/, (route) => held.push(route));
  const box = await log.boundingBox();
  const at = { x: box.x + box.width / 2, y: box.y + box.height / 2 };
  await eventually(async () => {
    if (held.length > 0) return true;
    await wire.send('Input.dispatchMouseEvent', { type: 'mouseWheel', ...at, deltaX: 0, deltaY: -TURN_PIXELS });
    return false;
  }, 'an older page', PATIENCE);
  const end = await within(watchAnchor(page));
  const height = () => log.evaluate((list) => list.scrollHeight);
  const before = await height();
  await page.unroute(/\/history\?.*before=/, { behavior: 'default' }).catch(() => {});
  for (const route of held.splice(0)) await route.continue();
  await eventually(async () => await height() !== before, 'the older messages', PATIENCE);
  await settled(page);
  return (await end()).worst;
}

/** Until the page has had nothing to do for a while. */
function settled(page) {
  return within(page.evaluate(() => new Promise((done) => {
    let idle = 0;
    const look = (deadline) => {
      idle = deadline.timeRemaining() > 8 ? idle + 1 : 0;
      if (idle > 20) done();
      else requestAnimationFrame(() => requestIdleCallback(look));
    };
    requestIdleCallback(look);
    // A machine that is never idle is measured all the same.
    setTimeout(done, 4000);
  })));
}

async function within(promise) {
  let timer;
  const late = new Promise((_, refuse) => {
    timer = setTimeout(() => refuse(new Error(`nothing within ${PATIENCE} ms`)), PATIENCE);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

function say(words) {
  console.error(`${(performance.now() / 1000).toFixed(0).padStart(4)} s  ${words}`);
}
