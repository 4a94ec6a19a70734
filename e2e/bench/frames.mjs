// How long the page held its thread, by the browser's own tracing, and what with.
//
// A task of the page's thread is what stands between two frames. Of each there are two figures: how
// long it took by the clock, and how much of a processor it used. On a machine that does other things
// as well, only the second is the page's own.

const CATEGORIES = ['toplevel', 'devtools.timeline', 'disabled-by-default-devtools.timeline'];
const TASK = /RunTask$/;
const PARTS = [
  [/^(UpdateLayoutTree|RecalculateStyles|ScheduleStyleRecalculation)$/, 'style'],
  [/^Layout$/, 'layout'],
  [/^(PrePaint|Paint|Layerize|Commit|CompositeLayers|UpdateLayer|UpdateLayerTree)$/, 'paint'],
  [/GC/, 'garbage'],
];

/** Does `steps` while the browser traces `page`, and answers its tasks, longest first. */
export async function traced(browser, page, steps) {
  await browser.startTracing(page, { categories: CATEGORIES, screenshots: false });
  let trace;
  try {
    await steps();
  } finally {
    trace = await browser.stopTracing();
  }
  return tasksOf(JSON.parse(trace.toString()).traceEvents);
}

/** The longest task by processor time, the longest by the clock, and how many were longer than `limit`. */
export function summary(tasks, limit) {
  const [worst] = tasks;
  return {
    longest: worst?.used ?? 0,
    longestByClock: Math.max(0, ...tasks.map((task) => task.took)),
    over: tasks.filter((task) => task.used > limit).length,
    cause: worst ? Object.entries(worst.parts).sort((a, b) => b[1] - a[1]).slice(0, 3)
      .map(([part, length]) => `${part} ${length.toFixed(0)}`).join(', ') : '',
  };
}

function tasksOf(events) {
  const complete = events.filter((event) => event.ph === 'X' && event.dur > 0);
  const threads = new Map();
  for (const event of events) {
    if (event.name === 'thread_name' && event.args.name === 'CrRendererMain') threads.set(`${event.pid} ${event.tid}`, 0);
  }
  for (const event of complete) {
    const thread = `${event.pid} ${event.tid}`;
    if (threads.has(thread) && TASK.test(event.name)) threads.set(thread, threads.get(thread) + event.dur);
  }
  // Other pages of the browser have threads of the same name; the busiest is the one that is driven.
  const [busiest] = [...threads].sort((a, b) => b[1] - a[1])[0] ?? [];
  const mine = complete.filter((event) => `${event.pid} ${event.tid}` === busiest).sort((a, b) => a.ts - b.ts || b.dur - a.dur);
  const tasks = [];
  let until = 0;
  let open = [];
  for (const event of mine) {
    const end = event.ts + event.dur;
    if (event.ts >= until) {
      if (!TASK.test(event.name)) continue;
      until = end;
      open = [];
      tasks.push({ took: event.dur / 1000, used: (event.tdur ?? event.dur) / 1000, parts: {} });
    } else if (!TASK.test(event.name)) {
      open = open.filter((outer) => outer.end >= end);
      const part = partOf(event.name);
      const within = open.at(-1)?.part ?? null;
      const parts = tasks.at(-1).parts;
      const length = (event.tdur ?? event.dur) / 1000;
      if (part !== within) {
        parts[part] = (parts[part] ?? 0) + length;
        if (within) parts[within] -= length;
      }
      open.push({ end, part });
    }
  }
  return tasks.sort((a, b) => b.used - a.used);
}

function partOf(name) {
  return PARTS.find(([pattern]) => pattern.test(name))?.[1] ?? 'script';
}
