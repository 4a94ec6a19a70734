// What must be right after anything that can happen to a page: what was sent, what is shown of it, and
// what is read.

import assert from 'node:assert/strict';
import { eventually } from './conditions.mjs';

export const numbered = (from, to) =>
  Array.from({ length: to - from + 1 }, (_, index) => `Message ${String(from + index).padStart(3, '0')}`);

/** All that the room holds, each once and in this order. */
export async function heldExactly(account, room, expected) {
  const bodies = (await account.messages(room)).map((message) => message.body);
  assert.deepEqual(bodies, expected);
}

/** All that is in sight, each once and in this order, once nothing is on its way any more. */
export async function shownExactly(person, name, expected) {
  const room = person.room(name);
  await eventually(async () => {
    const texts = await room.texts();
    assert.deepEqual(texts.map((text) => text.replace(/\s+edited$/, '')), expected);
    assert.equal(await room.log.getByText(/Waiting for connection|^Sending|^Not sent/).count(), 0, 'still on its way');
  }, `what ${person.name} sees of ${name}`, 60_000);
}

/** How much the server takes the person not to have read. */
export async function unread(account, room) {
  return (await account.ask('GET', `rooms/${room.id}`)).membership.counts.unread;
}

export async function allRead(account, room) {
  await eventually(async () => assert.equal(await unread(account, room), 0), `all of ${room.name} read by ${account.nick}`, 60_000);
}

/** How many live connections the server has, by what carries them. */
export async function carried(account) {
  const answer = await fetch(`${account.server.url}/metrics`, { headers: { authorization: `Bearer ${account.token}` } });
  const rows = (await answer.text()).matchAll(/^hubbub_connections\{transport="(\w+)"\} (\d+)/gm);
  return Object.fromEntries([...rows].map(([, way, count]) => [way, Number(count)]));
}
