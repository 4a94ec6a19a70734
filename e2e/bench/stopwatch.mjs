// Runs in the page: when something was painted, and how long that took from what caused it.

export function stopwatch() {
  const state = { keys: [], most: 0 };
  /** Just after the next frame was painted: a message is handled when the frame is done. */
  const painted = () => new Promise((done) => {
    requestAnimationFrame((began) => {
      const channel = new MessageChannel();
      channel.port1.onmessage = () => done({ began, at: performance.now() });
      channel.port2.postMessage(0);
    });
  });
  /** When what `look` looks for was painted, and in which frame from now. */
  const seen = async (look) => {
    for (let frame = 1; ; frame += 1) {
      const { at } = await painted();
      if (look()) return { at, frame };
      if (frame > 1200) throw new Error('not seen within 1200 frames');
    }
  };
  const log = (name) => {
    const list = document.querySelector('[role="log"]');
    return list?.getAttribute('aria-label') === `Messages in ${name}` ? list : null;
  };
  addEventListener('keydown', (event) => {
    if (!state.listening) return;
    const handled = performance.now();
    painted().then(({ began, at }) => {
      // What the page itself needed: the time until the screen's next frame began is not its own.
      const waited = Math.max(0, began - handled);
      state.keys.push({ all: at - event.timeStamp, own: at - event.timeStamp - waited });
    });
  }, true);
  const count = () => {
    state.most = Math.max(state.most, document.getElementsByTagName('article').length);
    requestAnimationFrame(count);
  };
  requestAnimationFrame(count);
  globalThis.stopwatch = {
    /** From a press on the link to the room until its messages are painted. */
    async change(name) {
      const link = [...document.querySelectorAll('nav a')].find((known) => known.textContent.includes(name));
      const began = performance.now();
      link.click();
      const { at } = await seen(() => log(name)?.querySelector('article') ?? log(name)?.querySelector('li.sys'));
      return at - began;
    },
    opened: async (name) => (await seen(() => log(name)?.querySelector('article'))).at,
    firstPaint: () => performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? null,
    /** From the press on Enter until the message stands in the list. */
    async sent(text) {
      const pressed = await new Promise((done) => {
        addEventListener('keydown', (event) => done(event.timeStamp), { once: true, capture: true });
      });
      const { at, frame } = await seen(() => globalThis.stopwatch.shows(text));
      return { took: at - pressed, frame };
    },
    shows: (text) => [...document.querySelectorAll('[role="log"] article')].slice(-5)
      .some((article) => article.textContent.includes(text)),
    /** By the clock that the server also has. */
    arrived: async (text) => {
      await seen(() => globalThis.stopwatch.shows(text));
      return Date.now();
    },
    listen(on) {
      state.listening = on;
      if (on) state.keys = [];
      return state.keys;
    },
    keys: () => state.keys,
    rows: () => state.most,
    // Each message of the long room begins with its number.
    places: () => [...document.querySelectorAll('[role="log"] .msg__body')]
      .map((body) => Number.parseInt(body.textContent, 10)).filter((place) => !Number.isNaN(place)),
    memory: () => globalThis.stopwatch.wasm?.buffer.byteLength ?? 0,
  };
  // The program's own memory only ever grows; it is found where it is made.
  const note = (made) => {
    const memory = Object.values(made.instance.exports).find((known) => known instanceof WebAssembly.Memory);
    if (memory) globalThis.stopwatch.wasm = memory;
    return made;
  };
  for (const name of ['instantiate', 'instantiateStreaming']) {
    const original = WebAssembly[name];
    WebAssembly[name] = (...given) => original.apply(WebAssembly, given).then(note);
  }
}
