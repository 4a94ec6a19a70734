// The page, measured by the browser itself: a room that has been talked in for two months is
// opened and scrolled through, at full speed and as on a machine four times slower.
//
// `cargo xtask bench page [--short] [--messages NUMBER]`

import { spawn, execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { cpus, loadavg, release } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { chromium } from 'playwright-core';
import { eventually } from '../support/conditions.mjs';
import { freePort } from '../support/server.mjs';

const { values: asked } = parseArgs({
  options: {
    short: { type: 'boolean', default: false },
    messages: { type: 'string', default: '50000' },
  },
});
const MESSAGES = Number(asked.messages);
const RUNS = asked.short ? 1 : 3;
const SLOWER = [1, 4];
/** Turns of the wheel, and how far each goes. */
const TURNS = asked.short ? 150 : 600;
const TURN_PIXELS = 800;
const TURN_MILLIS = 16;
/** The promise: no frame is longer once the first message is painted. */
const FRAME_LIMIT = 50;
/** Frames that are late settle within this time. */
const SETTLING = 1500;

const program = needed('HUBBUB_BINARY');
const generator = needed('HUBBUB_BENCH');
const output = needed('HUBBUB_BENCH_OUTPUT');
await mkdir(output, { recursive: true });

const folder = await mkdtemp(join(output, 'page-'));
let server;
let browser;
try {
  const data = join(folder, 'data');
  const seeded = JSON.parse(
    execFileSync(generator, ['seed-room', data, '--messages', String(MESSAGES)], { encoding: 'utf8' }),
  );
  server = await start(data);
  await markRead(seeded);
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
  for (let run = 1; run <= RUNS; run += 1) {
    for (const slower of SLOWER) {
      console.error(`run ${run} of ${RUNS}: ${slower}× slower`);
      runs.push({ slower, ...(await measure(seeded, slower)) });
    }
  }
  const medians = SLOWER.map((slower) => median(runs.filter((run) => run.slower === slower)));
  show(medians);
  const file = join(output, `page-${machine.date.replace(/\D/g, '').slice(0, 12)}.json`);
  await writeFile(file, JSON.stringify({ machine, messages: MESSAGES, short: asked.short, medians, runs }, null, 2));
  console.log(`\n${file}`);
  const late = medians.filter((row) => row.longestFrame > FRAME_LIMIT);
  if (late.length > 0) {
    console.log(`A frame took more than ${FRAME_LIMIT} ms after the first message was painted.`);
    process.exitCode = 1;
  }
} finally {
  await browser?.close();
  if (server && server.exitCode === null) {
    server.kill('SIGTERM');
    await once(server, 'exit');
  }
  await rm(folder, { recursive: true, force: true });
}

async function measure(seeded, slower) {
  const context = await browser.newContext({ locale: 'en-GB', viewport: { width: 1440, height: 900 } });
  try {
    await context.addCookies([
      { name: 'hubbub_session', value: seeded.token, url: server.url, httpOnly: true, sameSite: 'Lax' },
    ]);
    await context.addInitScript(watch);
    const page = await context.newPage();
    const browserSide = await context.newCDPSession(page);
    await browserSide.send('Emulation.setCPUThrottlingRate', { rate: slower });
    const weight = await weigh(browserSide);
    const log = page.getByRole('log', { name: `Messages in ${seeded.name}`, exact: true });

    // The way in: the address of the room itself.
    await page.goto(`${server.url}/r/${seeded.room}`);
    await log.getByRole('article').first().waitFor();
    const first = await page.evaluate(() => globalThis.watched.sinceStart());
    const bytes = weight.total();
    await settle(page);
    const load = await page.evaluate(() => globalThis.watched.report());

    // From one room to another and back, as a person does all day.
    const sidebar = page.getByRole('navigation', { name: 'Rooms and people', exact: true });
    await sidebar.getByRole('link', { name: 'Lobby', exact: true }).click();
    await page.getByRole('log', { name: 'Messages in Lobby', exact: true }).waitFor();
    await settle(page);
    await page.evaluate(() => globalThis.watched.begin());
    await page.evaluate((name) => {
      globalThis.watched.until(() => {
        const log = document.querySelector('[role="log"]');
        return log?.getAttribute('aria-label') === `Messages in ${name}` && log.querySelector('article');
      });
    }, seeded.name);
    await sidebar.getByRole('link', { name: seeded.name, exact: true }).click();
    await log.getByRole('article').first().waitFor();
    await settle(page);
    const opening = await page.evaluate(() => globalThis.watched.report());

    // Up through history, then down to the newest.
    await log.hover();
    await page.evaluate(() => globalThis.watched.begin());
    const seen = await wheel(browserSide, page, log, -TURN_PIXELS);
    await settle(page);
    const up = await page.evaluate(() => globalThis.watched.report());
    await page.evaluate(() => globalThis.watched.begin());
    await wheel(browserSide, page, log, TURN_PIXELS);
    await settle(page);
    const down = await page.evaluate(() => globalThis.watched.report());

    const { metrics } = await browserSide.send('Performance.getMetrics').catch(() => ({ metrics: [] }));
    const heap = metrics.find((metric) => metric.name === 'JSHeapUsedSize')?.value ?? 0;
    return {
      firstLoadBytes: bytes,
      byKind: weight.byKind(),
      firstPaint: load.firstPaint,
      firstMessage: first,
      loadLongestFrame: load.longest,
      switch: opening.reached,
      switchLongestFrame: opening.longest,
      upLongestFrame: up.longest,
      upP99Frame: up.p99,
      downLongestFrame: down.longest,
      downP99Frame: down.p99,
      longestFrame: Math.max(opening.longest, up.longest, down.longest),
      longTasks: opening.longTasks + up.longTasks + down.longTasks,
      scrolledPast: seen.messages,
      rows: seen.rows,
      nodes: seen.nodes,
      heapMiB: heap / 1024 / 1024,
    };
  } finally {
    await context.close();
  }
}

/** Counts what crosses the wire until it is asked. */
async function weigh(browserSide) {
  const kinds = new Map();
  const types = new Map();
  await browserSide.send('Network.enable');
  await browserSide.send('Performance.enable');
  browserSide.on('Network.responseReceived', ({ requestId, type }) => types.set(requestId, type));
  browserSide.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
    const kind = types.get(requestId) ?? 'Other';
    kinds.set(kind, (kinds.get(kind) ?? 0) + encodedDataLength);
  });
  return {
    total: () => [...kinds.values()].reduce((sum, bytes) => sum + bytes, 0),
    byKind: () => Object.fromEntries(kinds),
  };
}

/** Turns the wheel at a steady pace, whatever the page does. */
async function wheel(browserSide, page, log, pixels) {
  const box = await log.boundingBox();
  const x = box.x + box.width / 2;
  const y = box.y + box.height / 2;
  const seen = new Set();
  let rows = 0;
  let nodes = 0;
  const begin = performance.now();
  for (let turn = 0; turn < TURNS; turn += 1) {
    const early = begin + turn * TURN_MILLIS - performance.now();
    if (early > 0) await new Promise((resolve) => setTimeout(resolve, early));
    await browserSide.send('Input.dispatchMouseEvent', { type: 'mouseWheel', x, y, deltaX: 0, deltaY: pixels });
    if (turn % 50 === 49) {
      const now = await log.evaluate((element) => ({
        rows: element.querySelectorAll('article').length,
        nodes: document.querySelectorAll('*').length,
        // Each message of the long room begins with its number.
        places: [...element.querySelectorAll('.msg__body')].map((body) => Number.parseInt(body.textContent, 10)),
      }));
      rows = Math.max(rows, now.rows);
      nodes = Math.max(nodes, now.nodes);
      for (const place of now.places) if (!Number.isNaN(place)) seen.add(place);
    }
  }
  const places = [...seen];
  return { rows, nodes, messages: places.length ? Math.max(...places) - Math.min(...places) : 0 };
}

function settle(page) {
  return page.waitForTimeout(SETTLING);
}

/** Runs in the page: notes each frame's length and every task that held the thread for long. */
function watch() {
  const state = { frames: [], tasks: [], began: 0, reached: null, goal: null };
  let previous = null;
  const tick = (now) => {
    if (previous !== null) state.frames.push([previous, now - previous]);
    previous = now;
    if (state.goal && state.reached === null && state.goal()) {
      // Seen in this frame: painted at its end.
      state.reached = now - state.began;
    }
    requestAnimationFrame(tick);
  };
  requestAnimationFrame(tick);
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) state.tasks.push([entry.startTime, entry.duration]);
  }).observe({ type: 'long-animation-frame', buffered: true });
  globalThis.watched = {
    sinceStart: () => performance.now(),
    begin() {
      state.began = performance.now();
      state.reached = null;
      state.goal = null;
    },
    until(goal) {
      state.goal = goal;
    },
    /** Of everything since the beginning. */
    report() {
      const frames = state.frames.filter(([at]) => at >= state.began).map(([, length]) => length);
      frames.sort((a, b) => a - b);
      const tasks = state.tasks.filter(([at]) => at >= state.began).map(([, length]) => length);
      const paint = performance.getEntriesByName('first-contentful-paint')[0];
      return {
        firstPaint: paint?.startTime ?? null,
        reached: state.reached,
        // A frame that came late because nothing was to be drawn has no long task in it; one that
        // came late because of us has.
        longest: tasks.length ? Math.max(...tasks) : (frames.at(-1) ?? 0),
        p99: frames[Math.floor(frames.length * 0.99)] ?? 0,
        longTasks: tasks.length,
      };
    },
  };
}

function median(runs) {
  const middle = {};
  for (const [name, value] of Object.entries(runs[0])) {
    if (typeof value !== 'number') {
      middle[name] = value;
      continue;
    }
    const values = runs.map((run) => run[name]).sort((a, b) => a - b);
    middle[name] = values[Math.floor(values.length / 2)];
  }
  return middle;
}

function show(rows) {
  const names = {
    firstLoadBytes: 'first load, bytes on the wire',
    firstPaint: 'first paint, ms',
    firstMessage: 'first message, ms',
    loadLongestFrame: 'longest frame while loading, ms',
    switch: 'room switch to first message, ms',
    switchLongestFrame: 'longest frame of the switch, ms',
    upLongestFrame: 'longest frame scrolling up, ms',
    upP99Frame: 'p99 frame scrolling up, ms',
    downLongestFrame: 'longest frame scrolling down, ms',
    downP99Frame: 'p99 frame scrolling down, ms',
    longestFrame: `longest frame beyond the first paint, ms (≤ ${FRAME_LIMIT})`,
    longTasks: 'frames over 50 ms',
    scrolledPast: 'messages scrolled past',
    rows: 'messages in the document at most',
    nodes: 'elements in the document at most',
    heapMiB: 'heap afterwards, MiB',
  };
  const number = (value) => (value === null ? '–' : Number(value.toFixed(value < 100 ? 1 : 0)).toLocaleString('en'));
  console.log(`\n${`a room of ${MESSAGES.toLocaleString('en')} messages`.padEnd(56)}${rows.map((row) => `${row.slower}×`.padStart(12)).join('')}`);
  for (const [name, title] of Object.entries(names)) {
    console.log(`${title.padEnd(56)}${rows.map((row) => number(row[name]).padStart(12)).join('')}`);
  }
}

/** So that the room opens at its newest message, as for somebody who has kept up. */
async function markRead(seeded) {
  const ask = async (path, options = {}) => {
    const answer = await fetch(`${server.url}/api/v1/${path}`, {
      ...options,
      headers: { authorization: `Bearer ${seeded.token}`, 'content-type': 'application/json' },
    });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return answer.json();
  };
  const { head } = await ask(`rooms/${seeded.room}`);
  const command = { type: 'mark_read', room: seeded.room, seq: head };
  await ask('commands', { method: 'POST', body: JSON.stringify(command) });
}

async function start(data) {
  const port = await freePort();
  const log = [];
  const child = spawn(program, ['serve', '--listen', `127.0.0.1:${port}`, '--data-dir', data], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => log.push(text));
  }
  child.url = `http://127.0.0.1:${port}`;
  await eventually(async () => {
    if (child.exitCode !== null) throw new Error(`the server ended:\n${log.join('')}`);
    return (await fetch(`${child.url}/readyz`)).ok;
  }, 'a server that is ready');
  return child;
}

function needed(name) {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: measure by \`cargo xtask bench page\``);
  return value;
}
