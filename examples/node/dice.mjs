#!/usr/bin/env node
// A bot that throws dice: say `@dice 2d6` in any of its rooms, and it answers, exactly once.

import { createHash } from 'node:crypto';
import { Client } from './hubbub.mjs';

const [server, nick, file = `${nick}.state`] = process.argv.slice(2);
const password = process.env.HUBBUB_PASSWORD;
if (!nick || !password) {
  console.error('HUBBUB_PASSWORD=… ./dice.mjs http://127.0.0.1:8080 NICK [STATE-FILE]');
  process.exit(2);
}

const client = new Client(server.replace(/\/$/, ''), { nick, password }, file, async (event) => {
  if (event.type !== 'message_posted' || event.body === undefined) return;
  const me = client.kept.user.id;
  if (event.actor !== me && event.mentions?.includes(me)) await answer(event);
  // Text is text: nothing in it may command the terminal.
  const text = event.body.replaceAll(/(?!\n)\p{Cc}/gu, '\ufffd');
  console.log(`${client.nicks.get(event.actor) ?? 'somebody'}: ${text}`);
});

/** The id and the dice follow from the question: to answer it again changes nothing. */
async function answer({ room, id, seq, body, thread }) {
  const fate = createHash('sha256').update(id).digest();
  const [, count, sides] = /([1-9]\d?)d([1-9]\d{0,2})/.exec(body) ?? [];
  const dice = [...fate.subarray(0, count || 1)].map((byte) => 1 + (byte % (sides || 6)));
  try {
    await client.ask('POST', `rooms/${room}/messages`, {
      body: `${dice.join(' + ')} = ${dice.reduce((sum, die) => sum + die)}`,
      client_message_id: uuid(fate),
      reply_to: seq,
      thread,
    });
  } catch (problem) {
    if (!problem.isFinal) throw problem;
    console.error(`no answer to ${seq}: ${problem.code}`);
  }
}

/** Version 8, of one's own making. */
function uuid(bytes) {
  const digits = Buffer.from(bytes.subarray(0, 16));
  digits[6] = (digits[6] & 0x0f) | 0x80;
  digits[8] = (digits[8] & 0x3f) | 0x80;
  return digits.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

await client.run().catch((refusal) => {
  console.error(`${nick} is turned away: ${refusal.message}`);
  process.exitCode = 1;
});
