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
  /** What was asked and waits, by connection, in the order in which it was asked. */
  #held;
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
        near.destroy();
        // What was said before somebody left is on its way all the same.
        if (pair.keep && !far.destroyed) return;
        wire.#pairs.delete(pair);
        far.destroy();
      };
      for (const socket of pair) socket.on('error', end).on('close', end);
      far.on('data', (part) => {
        const head = part.toString('latin1');
        if (head.startsWith('HTTP/1.1 101')) pair.isLive = true;
        if (wire.#hoards && head.includes('content-type: text/event-stream')) far.unpipe(near);
      });
      near.once('data', (part) => {
        pair.begun = true;
        const upgrade = /^upgrade: websocket/im.test(part.toString('latin1'));
        if (upgrade) wire.upgrades += 1;
        if (wire.#held && !upgrade) {
          wire.#keep(pair, part);
        } else if (wire.#passage === 'pass' || !upgrade) {
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

  /** What is said is on its way until `letGo`. */
  holdBack() {
    this.#held = new Map();
    for (const pair of [...this.#pairs].filter(({ begun }) => begun)) {
      pair[0].unpipe(pair[1]);
      this.#keep(pair);
    }
  }

  /** What was asked first is answered first. */
  async letGo() {
    const held = this.#held;
    this.#held = undefined;
    for (const [pair, parts] of held) {
      const far = pair[1];
      const answered = new Promise((resolve) => { far.once('data', resolve).once('close', resolve); });
      far.write(Buffer.concat(parts));
      this.#pass(pair);
      if (!far.destroyed) await answered;
    }
    for (const pair of this.#pairs) if (pair.keep) this.#pass(pair);
  }

  remove() {
    this.#cut = true;
    this.listener.close();
    for (const pair of this.#pairs) for (const socket of pair) socket.destroy();
  }

  #keep(pair, ...first) {
    const parts = [...first];
    const held = this.#held;
    if (parts.length > 0) held.set(pair, parts);
    pair.keep = (part) => {
      parts.push(part);
      if (!held.has(pair)) held.set(pair, parts);
    };
    pair[0].on('data', pair.keep).resume();
  }

  #pass(pair) {
    const [near, far] = pair;
    near.removeListener('data', pair.keep);
    pair.keep = undefined;
    if (!near.destroyed) {
      near.pipe(far);
    } else {
      this.#pairs.delete(pair);
      far.end();
    }
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
