// The wire between somebody and the server. Browsers leave open sockets alone when they are told to
// be offline, so it is cut here.

import { connect, createServer } from 'node:net';
import { once } from 'node:events';

export class Wire {
  #pairs = new Set();
  #cut = false;
  #deaf = false;
  /** Whether whatever is opened or said disappears, and nobody is told. */
  #swallows = false;
  /** Whether questions wait. */
  #holds = false;
  /** How often a WebSocket was asked for. */
  upgrades = 0;
  /** What becomes of those who want a WebSocket: they `pass`, are `refused` or get no answer. */
  #passage = 'pass';
  /** Whether answers that stay open are kept back, as by a proxy that waits for their end. */
  #hoards = false;

  static async lay(port) {
    const wire = new Wire();
    wire.listener = createServer((near) => {
      if (wire.#cut) return near.resetAndDestroy();
      if (wire.#swallows) return wire.#hold(near);
      const far = connect(port, '127.0.0.1');
      const pair = [near, far];
      wire.#pairs.add(pair);
      const end = () => {
        wire.#pairs.delete(pair);
        near.destroy();
        far.destroy();
      };
      for (const socket of pair) socket.on('error', end).on('close', end);
      far.on('data', (part) => {
        const head = part.toString('latin1');
        if (head.startsWith('HTTP/1.1 101')) pair.isLive = true;
        if (wire.#hoards && head.includes('content-type: text/event-stream')) far.unpipe(near);
      });
      if (wire.#holds) near.pause();
      near.once('data', (part) => {
        const upgrade = /^upgrade: websocket/im.test(part.toString('latin1'));
        if (upgrade) wire.upgrades += 1;
        if (wire.#passage === 'pass' || !upgrade) {
          far.write(part);
          near.pipe(far);
        } else if (wire.#passage === 'refused') {
          near.end('HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\nconnection: close\r\n\r\n');
        }
      });
      if (!wire.#deaf) far.pipe(near);
    }).listen(0, '127.0.0.1');
    await once(wire.listener, 'listening');
    wire.url = `http://127.0.0.1:${wire.listener.address().port}`;
    return wire;
  }

  /** Nothing gets through any more, in the middle of whatever was on its way. */
  cut() {
    this.#cut = true;
    this.#reset([...this.#pairs]);
  }

  mend() {
    this.#cut = false;
    this.#deaf = false;
    this.#swallows = false;
    this.#passage = 'pass';
    this.#hoards = false;
  }

  /** Like a proxy that knows no WebSockets. */
  refuseUpgrades() {
    this.#passage = 'refused';
  }

  /** Live connections end. */
  cutLive() {
    this.#reset([...this.#pairs].filter((pair) => pair.isLive));
  }

  /** WebSockets stay open, and nothing comes through any more. */
  silenceLive() {
    this.#passage = 'swallowed';
    for (const [near, far] of [...this.#pairs].filter((pair) => pair.isLive)) far.unpipe(near);
  }

  /** Like a proxy that hands on an answer when it has all of it. */
  hoardAnswers() {
    this.#hoards = true;
  }

  /** What is said still arrives, but nothing is heard of it any more. */
  deafen() {
    this.#deaf = true;
    for (const [near, far] of this.#pairs) far.unpipe(near);
  }

  /** The same, but for live connections: whoever asks by HTTP gets no answer. */
  leaveUnanswered() {
    this.#deaf = true;
    this.#reset([...this.#pairs].filter((pair) => !pair.isLive));
  }

  /** Nothing gets through any more, and neither end is told: what is open stays open, also afterwards. */
  swallow() {
    this.#swallows = true;
    this.#strand([...this.#pairs]);
  }

  /**
   * As when a laptop goes from one network to another: what was live stays open in vain, what rested is
   * let go of, as browsers do then, and whatever is opened now gets through.
   */
  moveElsewhere() {
    const all = [...this.#pairs];
    this.#strand(all.filter((pair) => pair.isLive));
    this.#reset(all.filter((pair) => !pair.isLive));
  }

  /** What is asked by HTTP is on its way until `letGo`. */
  holdBack() {
    this.#holds = true;
    for (const [near, far] of [...this.#pairs].filter((pair) => !pair.isLive)) {
      near.unpipe(far);
      near.pause();
    }
  }

  letGo() {
    this.#holds = false;
    for (const [near, far] of [...this.#pairs].filter((pair) => !pair.isLive)) {
      if (near.listenerCount('data') === 0) near.pipe(far);
      else near.resume();
    }
  }

  remove() {
    this.#cut = true;
    this.listener.close();
    for (const pair of this.#pairs) for (const socket of pair) socket.destroy();
  }

  #strand(pairs) {
    for (const [near, far] of pairs) {
      near.unpipe(far);
      if (far) far.unpipe(near);
    }
  }

  /** Open, and nothing more. */
  #hold(near) {
    const pair = [near];
    this.#pairs.add(pair);
    const end = () => {
      this.#pairs.delete(pair);
      near.destroy();
    };
    near.on('error', end).on('close', end);
  }

  /** Each once: Node.js does not come to its end with a socket that was reset twice. */
  #reset(pairs) {
    for (const pair of pairs) {
      this.#pairs.delete(pair);
      for (const socket of pair) socket.resetAndDestroy();
    }
  }
}
