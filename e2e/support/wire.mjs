// The wire between somebody and the server. Browsers leave open sockets alone when they are told to
// be offline, so it is cut here.

import { connect, createServer } from 'node:net';
import { once } from 'node:events';

export class Wire {
  #pairs = new Set();
  #cut = false;
  #deaf = false;

  static async lay(port) {
    const wire = new Wire();
    wire.listener = createServer((near) => {
      if (wire.#cut) return near.resetAndDestroy();
      const far = connect(port, '127.0.0.1');
      const pair = [near, far];
      wire.#pairs.add(pair);
      const end = () => {
        wire.#pairs.delete(pair);
        near.destroy();
        far.destroy();
      };
      for (const socket of pair) socket.on('error', end).on('close', end);
      far.once('data', (start) => {
        pair.isLive = start.toString('latin1').startsWith('HTTP/1.1 101');
      });
      near.pipe(far);
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

  remove() {
    this.#cut = true;
    this.listener.close();
    for (const pair of this.#pairs) for (const socket of pair) socket.destroy();
  }

  /** Each once: Node.js does not come to its end with a socket that was reset twice. */
  #reset(pairs) {
    for (const pair of pairs) {
      this.#pairs.delete(pair);
      for (const socket of pair) socket.resetAndDestroy();
    }
  }
}
