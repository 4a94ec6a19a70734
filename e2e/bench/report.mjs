// Figures as a table, and the medians of several runs.

const TITLES = {
  firstLoadBytes: 'first load, bytes on the wire',
  firstPaint: 'first paint, ms',
  firstMessage: 'first message, ms',
  loading: 'longest task until then, ms of processor',
  opening: 'longest task after it, ms of processor',
  cold: 'change to a room not yet opened, ms',
  cached: 'change to a room opened before, ms',
  changing: 'longest task while changing rooms, ms of processor',
  up: 'longest task scrolling up, ms of processor',
  down: 'longest task scrolling down, ms of processor',
  longest: 'longest task beyond the first message, ms of processor',
  longestByClock: 'the same by the clock, ms',
  over: 'tasks over the limit',
  keyOwn: 'key to pixel, p95, without waiting for the screen, ms',
  keyAll: 'key to pixel, p95, ms',
  ownMessage: 'own message on screen, p95, ms',
  ownFrame: 'own message on screen, in which frame at the latest',
  otherMedian: 'other browser after the commit, median, ms',
  otherWorst: 'other browser after the commit, worst, ms',
  drift: 'what is read moved by an older page, px',
  scrolledPast: 'messages scrolled past',
  rows: 'messages in the document at most',
  heapMiB: 'heap after scrolling, MiB',
  heapGrowthMiB: 'heap growth by scrolling once more, MiB',
  wasmMiB: 'memory of the program, MiB',
};

export function medians(runs) {
  const middle = {};
  for (const [name, value] of Object.entries(runs[0])) {
    if (typeof value !== 'number') {
      middle[name] = value;
      continue;
    }
    middle[name] = percentile(runs.map((run) => run[name]), 0.5);
  }
  return middle;
}

export function percentile(values, part) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0;
}

export function show(title, rows) {
  const number = (value) => (typeof value === 'number' ? Number(value.toFixed(value < 100 ? 1 : 0)).toLocaleString('en') : '–');
  console.log(`\n${title.padEnd(60)}${rows.map((row) => `${row.slower}×`.padStart(12)).join('')}`);
  for (const [name, words] of Object.entries(TITLES)) {
    console.log(`${words.padEnd(60)}${rows.map((row) => number(row[name]).padStart(12)).join('')}`);
  }
  for (const row of rows) {
    for (const [part, cause] of Object.entries(row.causes)) console.log(`${row.slower}× ${part}: ${cause}`);
  }
}
