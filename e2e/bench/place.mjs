// The place that is measured: the shipped program on a folder with one long room in it.

import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { eventually } from '../support/conditions.mjs';
import { freePort } from '../support/server.mjs';

export class Place {
  #child;

  /** Fills `folder` through the store and starts the server on it. */
  static async open(folder, messages) {
    const place = new Place();
    const seeded = execFileSync(needed('HUBBUB_BENCH'), ['seed-room', folder, '--messages', String(messages)], { encoding: 'utf8' });
    Object.assign(place, JSON.parse(seeded));
    const port = await freePort();
    place.url = `http://127.0.0.1:${port}`;
    await place.#start(folder, port);
    await place.#markRead();
    return place;
  }

  async ask(path, options = {}) {
    const answer = await fetch(`${this.url}/api/v1/${path}`, {
      ...options,
      headers: { authorization: `Bearer ${this.token}`, 'content-type': 'application/json' },
    });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return answer.json();
  }

  /** When the room's latest messages were committed, by their text. */
  async committed() {
    const { events } = await this.ask(`rooms/${this.room}/log?limit=100`);
    return new Map(events.filter((event) => event.body).map((event) => [event.body, event.at]));
  }

  async close() {
    if (this.#child.exitCode !== null) return;
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGTERM');
    await ended;
  }

  async #start(folder, port) {
    const log = [];
    // What is measured must not be slowed by limits that are there for people.
    const limits = ['--message-rate', '100000', '--message-burst', '100000'];
    const child = spawn(needed('HUBBUB_BINARY'), ['serve', '--listen', `127.0.0.1:${port}`, '--data-dir', folder, ...limits], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => log.push(text));
    }
    await eventually(async () => {
      if (child.exitCode !== null) throw new Error(`the server ended:\n${log.join('')}`);
      return (await fetch(`${this.url}/readyz`)).ok;
    }, 'a server that is ready');
  }

  /** So that the room opens at its newest message, as for somebody who has kept up. */
  async #markRead() {
    const { head } = await this.ask(`rooms/${this.room}`);
    const command = { type: 'mark_read', room: this.room, seq: head };
    await this.ask('commands', { method: 'POST', body: JSON.stringify(command) });
  }
}

export function needed(name) {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: measure by \`cargo xtask bench page\``);
  return value;
}
