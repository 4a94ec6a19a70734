// The wire between somebody and the server. Browsers leave open sockets alone when they are told to
// be offline, so it is cut here.

import { connect, createServer } from 'node:net';
import { once } from 'node:events';

export class Wire {
  #pairs = new Set();
  #cut = false;

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
      for (const [from, to] of [[near, far], [far, near]]) {
        from.on('error', end).on('close', end).pipe(to);
      }
    }).listen(0, '127.0.0.1');
    await once(wire.listener, 'listening');
    wire.url = `http://127.0.0.1:${wire.listener.address().port}`;
    return wire;
  }

  /** Nothing gets through any more, in the middle of whatever was on its way. */
  cut() {
    this.#cut = true;
    for (const pair of this.#pairs) for (const socket of pair) socket.resetAndDestroy();
  }

  mend() {
    this.#cut = false;
  }

  remove() {
    this.cut();
    this.listener.close();
  }
}
