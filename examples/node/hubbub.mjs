// A client that follows all of its rooms: each event once and in order, whatever breaks.

import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import WebSocket from 'ws';

const SILENCE = 35_000;
const STAY_AWAY = new Set([1000, 1003, 1009, 4003, 4010]);
// Whoever is out of a room, or not signed in any more, finds out by coming back.
const LATER = new Set(['storage_full', 'unavailable', 'internal', 'unauthorized', 'not_found']);

/** A refusal, over HTTP or the live connection. Without a code, nobody answered, or no Hubbub. */
class Problem extends Error {
  constructor({ code = 'unavailable' }) {
    super(code);
    Object.assign(this, { code, isFinal: !LATER.has(code) });
  }
}

export class Client {
  nicks = new Map();
  #directory = 0;
  #bound = 500;
  #goingAway = 0;

  /** After `apply` an event's place is written to `file`: one it failed or ended at comes again. */
  constructor(server, account, file, apply) {
    Object.assign(this, { server, file, apply, account: { ...account, token: true } });
    this.kept = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : { rooms: {} };
  }

  /** Goes on until the server refuses for good: that is thrown. */
  async run() {
    for (;;) {
      try {
        if (!this.kept.token) this.#keep(await this.ask('POST', 'login', this.account));
        const code = await this.#follow();
        if (STAY_AWAY.has(code)) throw new Error(`closed with ${code}`);
        if (code === 4001) this.#keep({ token: undefined });
        if (code === 1006) await this.ask('GET', 'me'); // Perhaps the handshake was refused.
      } catch (problem) {
        if (problem.isFinal !== false) throw problem;
        if (problem.code === 'unauthorized') this.#keep({ token: undefined });
      }
      await sleep(this.#goingAway || Math.random() * this.#bound);
      this.#goingAway = 0;
      this.#bound = Math.min(this.#bound * 2, 30_000);
    }
  }

  async ask(method, path, body) {
    const headers = { 'content-type': 'application/json', ...this.#session() };
    const { ok, said } = await fetch(`${this.server}/api/v1/${path}`, {
      method, headers, body: body && JSON.stringify(body), signal: AbortSignal.timeout(10_000),
    })
      .then(async (answer) => ({ ok: answer.ok, said: await answer.json() }))
      .catch(() => ({ ok: false, said: {} }));
    if (ok) return said;
    if (said.code !== 'rate_limited') throw new Problem(said);
    await sleep(said.retry_after_ms);
    return this.ask(method, path, body);
  }

  /** One live connection to its end. Answers the close code. */
  #follow() {
    const socket = new WebSocket(`${this.server.replace(/^http/, 'ws')}/api/v1/ws?protocol=1`, {
      headers: this.#session(),
      handshakeTimeout: 10_000,
      maxPayload: 0, // The server's frames may be of any length.
    });
    const send = (frame) => socket.send(JSON.stringify(frame));
    const held = { rooms: this.kept.rooms, directory: this.#directory };
    socket.on('open', () => send({ type: 'resume', ...held }));
    const silence = setTimeout(() => socket.terminate(), SILENCE);
    let work = Promise.resolve();
    socket.on('message', (data) => {
      silence.refresh();
      const frame = JSON.parse(data);
      if (frame.type === 'heartbeat') send({ type: 'heartbeat' }); // However much is to be done.
      work = work.then(() => this.#take(frame));
      work.catch(() => socket.terminate());
    });
    socket.on('error', () => {}); // 'close' follows it.
    return new Promise((resolve, reject) => {
      // Nothing of this connection goes on beside the next one.
      socket.on('close', (code) => work.then(() => resolve(code), reject));
    }).finally(() => clearTimeout(silence));
  }

  async #take(frame) {
    switch (frame.type) {
      case 'resumed':
        this.#learn(frame.directory.version, frame.directory.users);
        for (const room of frame.not_found ?? []) delete this.kept.rooms[room];
        for (const { recovery, snapshot } of frame.rooms) {
          if (recovery === 'truncated') await this.#catchUp(snapshot.room.id, snapshot.head);
          else if (recovery !== 'recovered') this.#begin(snapshot);
        }
        this.#bound = 500;
        break;
      case 'joined': return this.#begin(frame.snapshot);
      case 'person_changed':
        if (frame.directory > this.#directory + 1) throw new Problem({}); // One was lost: resume anew.
        if (frame.directory > this.#directory) this.#learn(frame.directory, [frame.user]);
        break;
      case 'event':
        await this.#catchUp(frame.event.room, frame.event.seq - 1);
        return this.#apply(frame.event);
      case 'heartbeat':
        for (const [room, head] of Object.entries(frame.heads)) {
          if (!this.kept.rooms[room]) throw new Problem({}); // Its `joined` was lost: resume anew.
          await this.#catchUp(room, head);
        }
        if (frame.directory > this.#directory) throw new Problem({});
        break;
      case 'going_away': this.#goingAway = frame.reconnect_in; break;
      case 'error': throw new Problem(frame.error);
    }
  }

  #begin({ room, epoch, head }) {
    this.kept.rooms[room.id] = { epoch, last: head };
    this.#keep();
  }

  #session() {
    return this.kept.token && { authorization: `Bearer ${this.kept.token}` };
  }

  #learn(version, users) {
    this.#directory = version;
    for (const { id, nick } of users) this.nicks.set(id, nick);
  }

  async #catchUp(room, head) {
    while (this.kept.rooms[room]?.last < head) {
      const { epoch, last } = this.kept.rooms[room];
      const page = await this.ask('GET', `rooms/${room}/log?after=${last}&limit=200`);
      if (page.epoch !== epoch) throw new Problem({}); // Restored meanwhile: resume anew.
      for (const event of page.events) await this.#apply(event);
    }
  }

  async #apply(event) {
    const held = this.kept.rooms[event.room];
    if (event.seq !== held?.last + 1) return;
    await this.apply(event);
    held.last = event.seq;
    this.#keep();
  }

  #keep(what) {
    Object.assign(this.kept, what);
    writeFileSync(`${this.file}.new`, JSON.stringify(this.kept), { mode: 0o600 });
    renameSync(`${this.file}.new`, this.file);
  }
}
