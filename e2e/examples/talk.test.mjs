// The clients of examples/, in two languages, talk with each other, whatever is killed.

import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Account, PASSWORD } from '../support/account.mjs';
import { eventually } from '../support/conditions.mjs';
import { needed, Server } from '../support/server.mjs';
import { test } from '../support/test.mjs';
import { Wire } from '../support/wire.mjs';

const TIMEOUT = 60_000;
const EXAMPLES = fileURLToPath(new URL('../../examples/', import.meta.url));

promise('two clients have every message once and in order, though the server is killed', async (place) => {
  const dice = await place.bot();
  const ines = place.follow();
  const questions = Array.from({ length: 40 }, (_, number) => `@dice 1d6 (${number})`);
  ines.say(questions[0]);
  await eventually(() => ines.shown.length === 2 && dice.shown.length === 2, 'an answer');

  // More than a person may say at once: both must wait when they are told to.
  for (const question of questions.slice(1, 30)) ines.say(question);
  await eventually(() => dice.shown.length > 8, 'talk in full swing');
  await place.server.kill();
  for (const question of questions.slice(30)) ines.say(question);
  await place.server.startAgain();

  await eventually(
    () => ines.shown.length >= 80 && dice.shown.length >= 80, 'every question and every answer', 30_000,
  );
  const told = await place.messages();
  assert.deepEqual(ines.shown, told);
  assert.deepEqual(dice.shown, told);
  assert.deepEqual(told.filter((line) => line.startsWith('ines:')), questions.map((line) => `ines: ${line}`));
  assert.equal(told.length, 80);
});

promise('what was typed while the server was away outlives the client that took it', async (place) => {
  const first = place.follow();
  first.say('before');
  await eventually(() => first.shown.length === 1, 'the first message');
  await eventually(async () => (await first.kept()).outbox.length === 0, 'its acknowledgement');
  await place.server.kill();
  const lines = ['one', 'two', 'three'];
  for (const line of lines) first.say(line);
  await eventually(async () => (await first.kept()).outbox.length === 3, 'all of them kept');
  await first.kill();

  const second = place.follow();
  await place.server.startAgain();
  await eventually(() => second.shown.length === 3, 'all of them said');
  assert.deepEqual(second.shown, lines.map((line) => `ines: ${line}`));
  assert.deepEqual((await place.messages()).length, 4);
});

promise('what was said but not acknowledged is said again, and stands there once', async (place) => {
  await place.byWire();
  const ines = place.follow();
  ines.say('before');
  await eventually(async () => (await ines.kept()).outbox.length === 0, 'the first message');
  place.wire.deafen();
  ines.say('Is anybody there?');
  await eventually(async () => (await place.said()).length === 2, 'a message that is durable');
  place.wire.cut();
  ines.say('after');
  place.wire.mend();
  await eventually(() => ines.shown.length === 3, 'all of them');
  await eventually(async () => (await ines.kept()).outbox.length === 0, 'every acknowledgement');
  assert.deepEqual(ines.shown, ['ines: before', 'ines: Is anybody there?', 'ines: after']);
  assert.deepEqual(await place.messages(), ines.shown);
});

promise('an answer that was not acknowledged is given again, and stands there once', async (place) => {
  await place.byWire();
  const dice = await place.bot();
  place.wire.leaveUnanswered();
  await place.owner.ask('POST', `rooms/${place.room.id}/messages`, { body: '@dice 1d6' });
  await eventually(async () => (await place.said()).length === 2, 'an answer that is durable');
  place.wire.cut();
  place.wire.mend();
  await eventually(() => dice.shown.length === 2, 'both of them');
  assert.deepEqual(await place.messages(), dice.shown);
});

promise('a bot that is killed answers every question, and none twice', async (place) => {
  let dice = await place.bot();
  const ines = place.follow();
  ines.say('@dice 1d6');
  await eventually(() => ines.shown.length === 2, 'an answer');
  for (let number = 1; number < 12; number += 1) {
    ines.say(`@dice 1d6 (${number})`);
    if (number % 4 !== 0) continue;
    await eventually(() => ines.shown.length > number + 1, 'some answer');
    await dice.kill();
    dice = await place.bot();
  }
  await eventually(() => ines.shown.length === 24, 'every answer');
  const answered = (await place.said()).map((message) => message.reply_to).filter(Boolean);
  assert.equal(answered.length, 12);
  assert.equal(new Set(answered).size, 12);
});

promise('whose session has ended signs in again, live or at the next start', async (place) => {
  const dice = await place.bot();
  const ines = place.follow();
  ines.say('@dice 1d6');
  await eventually(() => ines.shown.length === 2, 'an answer');
  await place.endSessions();
  ines.say('@dice 2d6');
  await eventually(() => ines.shown.length === 4, 'an answer in a new session');
  await Promise.all([dice.kill(), ines.kill()]);
  await place.endSessions();
  await place.bot();
  const again = place.follow();
  again.say('@dice 3d6');
  await eventually(() => again.shown.length === 2, 'an answer after a new start');
});

promise('of a server that was restored to an earlier state nothing is held for good', async (place) => {
  const dice = await place.bot();
  const ines = place.follow();
  ines.say('@dice 1d6');
  await eventually(() => ines.shown.length === 2 && dice.shown.length === 2, 'an answer');
  const backup = join(place.server.folder, 'earlier.db');
  place.hubbub('backup', 'create', backup);
  ines.say('@dice 2d6');
  await eventually(() => ines.shown.length === 4 && dice.shown.length === 4, 'what will not have been');
  await place.server.stop();
  place.hubbub('backup', 'restore', backup);
  await place.server.startAgain();

  // The end of the room is shown anew by the one, and is no question to the other.
  await eventually(() => ines.shown.length === 6, 'the room as it was');
  assert.deepEqual(ines.shown.slice(4), ines.shown.slice(0, 2));
  await eventually(async () => {
    const [one, other] = await Promise.all([ines.kept(), dice.kept()]);
    return one.held.epoch === other.rooms[place.room.id].epoch;
  }, 'both in the same history');
  ines.say('@dice 3d6');
  await eventually(() => ines.shown.length === 8 && dice.shown.length === 6, 'an answer in the new history');
  assert.deepEqual(ines.shown.slice(4), await place.messages());
});

promise('a script says one thing and ends when it is durable', async (place) => {
  const script = place.follow('--say', 'Deployed.');
  assert.equal(await script.ended(), 0);
  assert.deepEqual(await place.messages(), ['ines: Deployed.']);
});

function promise(name, steps) {
  test(name, TIMEOUT, async () => {
    const place = await Place.open();
    try {
      await steps(place);
    } catch (error) {
      for (const program of place.programs) console.error(program.name, program.errors.join(''));
      throw error;
    } finally {
      await place.close();
    }
  });
}

/** A server with a room, and programs in it. */
class Place {
  programs = [];

  static async open() {
    const place = new Place();
    place.server = await Server.start();
    place.address = place.server.url;
    const setup = { site_name: 'Quayside', first_room: 'Lobby', announcements: 'Announcements' };
    place.owner = await Account.register(place.server, { nick: 'ines', setup });
    place.robot = await Account.register(place.server, { nick: 'dice' });
    place.room = (await place.owner.rooms()).find((room) => room.name === 'Lobby');
    return place;
  }

  /** The programs reach the server by a wire from now on. */
  async byWire() {
    this.wire = await Wire.lay(this.server.port);
    this.address = this.wire.url;
  }

  follow(...more) {
    const state = join(this.server.folder, 'follow.state');
    const script = join(EXAMPLES, 'python/follow.py');
    // No `__pycache__` in the sources.
    const words = ['-B', script, this.address, 'ines', 'Lobby', '--state', state, ...more];
    return this.#start('follow.py', needed('HUBBUB_PYTHON'), words, state);
  }

  /** It answers what is said from when it first came. */
  async bot() {
    const state = join(this.server.folder, 'dice.state');
    const words = [join(EXAMPLES, 'node/dice.mjs'), this.address, 'dice', state];
    const bot = this.#start('dice.mjs', process.execPath, words, state);
    await eventually(async () => this.room.id in (await bot.kept()).rooms, 'a bot that is there');
    return bot;
  }

  hubbub(...words) {
    const folder = ['--data-dir', this.server.folder];
    execFileSync(needed('HUBBUB_BINARY'), [...words, ...folder], { stdio: 'pipe' });
  }

  /** Those of the programs. */
  async endSessions() {
    await Promise.all([this.owner, this.robot].map((account) => account.ask('DELETE', 'sessions')));
  }

  async said() {
    return (await this.owner.ask('GET', `rooms/${this.room.id}/messages?limit=200`)).messages;
  }

  /** As both programs should have shown them. */
  async messages() {
    const who = (message) => (message.author === this.owner.id ? 'ines' : 'dice');
    return (await this.said()).map((message) => `${who(message)}: ${message.body}`);
  }

  async close() {
    await Promise.all(this.programs.map((program) => program.kill()));
    this.wire?.remove();
    await this.server.remove();
  }

  #start(...words) {
    const program = new Program(...words);
    this.programs.push(program);
    return program;
  }
}

class Program {
  shown = [];
  errors = [];

  constructor(name, program, words, state) {
    Object.assign(this, { name, state });
    this.child = spawn(program, words, { env: { ...process.env, HUBBUB_PASSWORD: PASSWORD } });
    this.end = once(this.child, 'exit');
    createInterface({ input: this.child.stdout }).on('line', (line) => this.shown.push(line));
    this.child.stderr.setEncoding('utf8').on('data', (text) => this.errors.push(text));
  }

  say(line) {
    this.child.stdin.write(`${line}\n`);
  }

  async kept() {
    return JSON.parse(await readFile(this.state, 'utf8'));
  }

  async ended() {
    const [code] = await this.end;
    return code;
  }

  async kill() {
    this.child.kill('SIGKILL');
    await this.end;
  }
}
