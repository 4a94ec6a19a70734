// A message's own address: from whoever copies it to whoever follows it.

import assert from 'node:assert/strict';
import { eventually } from '../support/conditions.mjs';
import { walk } from '../support/house.mjs';
import { REFUSED } from '../support/troubles.mjs';
import { PHONE } from '../support/person.mjs';
import { PASSWORD } from '../support/account.mjs';

const ADA = { nick: 'ada', name: 'Ada Obi' };
const WEN = { nick: 'wen', name: 'Wen Zhou' };
const NOOR = { nick: 'noor', name: 'Noor Haddad' };
const FAST = { arguments: ['--message-rate', '100000', '--message-burst', '100000'] };
const MANY = 400;

const text = (number) => `No. ${String(number).padStart(3, '0')}`;

/** A room with so much in it that most is not loaded; answers the places of all. */
async function harbourLog(ada, ...others) {
  const room = await ada.makeRoom('Harbour log', 'closed');
  for (const other of others) await ada.add(room, other);
  const seqs = [];
  for (let number = 0; number < MANY; number += 1) seqs.push((await ada.say(room, text(number))).seq);
  for (const other of others) await other.command('mark_read', { room: room.id, seq: seqs.at(-1) });
  return { ...room, path: (number) => `/r/${room.id}/m/${seqs[number]}` };
}

/** The message has the focus. */
async function isFocused(room, words) {
  await eventually(async () => {
    assert.ok(await room.message(words).evaluate((article) => document.activeElement === article));
  }, `the focus on ${words}`);
}

/** The message has the focus, and stands in the middle of the list. */
async function isCentred(room, words) {
  await eventually(async () => {
    const place = await room.message(words).evaluate((article) => {
      const log = article.closest('[role=log]').getBoundingClientRect();
      const row = article.getBoundingClientRect();
      return { at: (row.top + row.height / 2 - log.top) / log.height, focus: document.activeElement === article };
    });
    assert.ok(place.at > 0.4 && place.at < 0.6, `it stands at ${place.at}`);
    assert.ok(place.focus, 'the focus is on it');
  }, `${words} in the middle`);
}

walk('a link leads to the message it was copied from, and the end is one press away', async (house) => {
  const [ada, wen] = await house.settle(ADA, WEN);
  const harbour = await harbourLog(ada, wen);
  const w = await house.at(wen, harbour.path(50));
  const room = w.room('Harbour log');
  // For a moment only, so it is looked for first.
  await room.message(text(50)).and(w.page.locator('.flash')).waitFor();
  await isCentred(room, text(50));
  await w.screenshot('permalink');
  await w.page.getByRole('button', { name: /^Latest/ }).click();
  await room.hears(text(MANY - 1));

  // Said in the room itself, it opens in place, and does so again.
  await ada.say(harbour, `See ${house.server.url}${harbour.path(120)} please`);
  const link = room.log.getByRole('link', { name: new RegExp(`${harbour.path(120)}$`) });
  for (let time = 0; time < 2; time += 1) {
    await link.click();
    await isCentred(room, text(120));
    await w.page.getByRole('button', { name: /^Latest/ }).click();
    await link.waitFor();
  }
  assert.equal(w.context.pages().length, 1, 'no second tab');
  await w.page.goBack();

  // What is copied is what was followed.
  await w.context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await w.open(harbour.path(77));
  await isCentred(room, text(77));
  await room.act(text(77), 'Copy link');
  await w.desk.toast('Link copied').waitFor();
  const copied = await w.page.evaluate(() => navigator.clipboard.readText());
  assert.equal(copied, `${house.server.url}${harbour.path(77)}`);
}, FAST);

walk('a link waits for its reader to sign in, and tells an outsider nothing', async (house) => {
  const [ada, wen, noor] = await house.settle(ADA, WEN, NOOR);
  const harbour = await harbourLog(ada, wen);
  const w = await house.person({ size: PHONE });
  await w.open(harbour.path(30));
  await w.page.getByLabel('Nick', { exact: true }).fill('wen');
  await w.page.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await w.page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await isCentred(w.room('Harbour log'), text(30));
  assert.ok(w.page.url().endsWith(harbour.path(30)));

  const n = await house.at(noor, harbour.path(30));
  n.troubles.expect(REFUSED);
  const main = n.page.getByRole('main');
  await n.page.getByRole('heading', { name: 'Nothing here' }).waitFor();
  const refusal = await main.innerText();
  for (const path of ['/r/0198f3a0-0000-7000-8000-000000000000/m/5', `/r/${harbour.id}/m/nonsense`]) {
    await n.open(path);
    await n.page.getByRole('heading', { name: 'Nothing here' }).waitFor();
    assert.equal(await main.innerText(), refusal);
  }
  // A place that is not there yet is the end.
  await w.open(`/r/${harbour.id}/m/999999`);
  await w.room('Harbour log').hears(text(MANY - 1));
}, FAST);

walk('one goes to a day by the line between two days', async (house) => {
  const [ada, wen] = await house.settle(ADA, WEN);
  const harbour = await harbourLog(ada, wen);
  const w = await house.at(wen, `/r/${harbour.id}`);
  const room = w.room('Harbour log');
  await room.hears(text(MANY - 1));
  await room.choose('Go to a day…');
  const dialog = w.page.getByRole('dialog', { name: 'Go to a day', exact: true });
  const today = await w.page.evaluate(() => {
    const now = new Date();
    return [now.getFullYear(), now.getMonth() + 1, now.getDate()].map((part) => String(part).padStart(2, '0')).join('-');
  });
  await dialog.getByLabel('Day', { exact: true }).fill(today);
  await dialog.getByRole('button', { name: 'Go there' }).click();
  await room.hears(text(0));
  await room.log.getByRole('button', { name: 'Today' }).click();
  await dialog.getByRole('button', { name: 'The room’s beginning' }).click();
  await dialog.waitFor({ state: 'hidden' });
  await room.event('Ada Obi created the room').waitFor();
}, FAST);

walk('a link that leads to no message says so, and one into a thread opens it', async (house) => {
  const [ada, wen] = await house.settle(ADA, WEN);
  const general = await ada.roomNamed('General');
  const root = await ada.say(general, 'Shall we meet?');
  const { seq } = await ada.command('send_message', {
    room: general.id, client_message_id: crypto.randomUUID(), body: 'In the thread alone', thread: root.seq,
  });
  const w = await house.at(wen, `/r/${general.id}/m/9999`);
  await w.room('General').hears('Shall we meet?');
  await w.desk.toast('The message that was linked is not here.').waitFor();
  // So does one in the middle, where something else has happened.
  await w.open(`/r/${general.id}/m/1`);
  await w.desk.toast('The message that was linked is not here.').waitFor();
  await w.open(`/r/${general.id}/m/${root.seq}`);
  await isFocused(w.room('General'), 'Shall we meet?');
  assert.equal(await w.desk.toast('The message that was linked').count(), 0);
  await w.open(`/r/${general.id}/m/${seq}`);
  await w.page.getByRole('complementary', { name: 'Thread', exact: true }).getByText('In the thread alone').waitFor();
});

walk('an open room that is named shows itself, and lets one in', async (house) => {
  const [ada, wen] = await house.settle(ADA, WEN);
  const general = await ada.roomNamed('General');
  const harbour = await ada.makeRoom('Harbour log', 'open', 'What comes and goes');
  const closed = await ada.makeRoom('Closed', 'closed');
  await ada.say(harbour, 'The Aurora is in');
  await ada.say(general, 'See #harbour-log, please');
  const w = await house.at(wen, `/r/${general.id}`);
  await w.room('General').log.getByRole('link', { name: '#Harbour log', exact: true }).click();
  const main = w.page.getByRole('main');
  await main.getByText('What comes and goes').waitFor();
  await main.getByText('1 member').first().waitFor();
  assert.equal(await w.page.getByText('The Aurora').count(), 0, 'nothing of what is said there');
  await w.screenshot('room-preview');
  await main.getByRole('button', { name: 'Join', exact: true }).click();
  await w.room('Harbour log').hears('The Aurora is in');
  await w.room('General').log.waitFor({ state: 'detached' });
  // A closed one is none.
  await w.open(`/r/${closed.id}`);
  await w.page.getByText('There is nothing here for you.').waitFor();
});

walk('a room that is named is called as it is called now, also by those who are not in it', async (house) => {
  const [ada, wen] = await house.settle(ADA, WEN);
  const general = await ada.roomNamed('General');
  const harbour = await ada.makeRoom('Harbour log', 'open');
  const closed = await ada.makeRoom('Vault', 'closed');
  await ada.say(general, 'See #harbour-log and #vault, please');
  await ada.ask('PATCH', `rooms/${harbour.id}`, { name: 'Quay log' });
  await ada.ask('PATCH', `rooms/${closed.id}`, { name: 'Strongroom' });
  const w = await house.at(wen, `/r/${general.id}`);
  const link = (name) => w.room('General').log.getByRole('link', { name, exact: true });
  await link('#Quay log').waitFor();
  await link('#vault').waitFor();
  assert.equal(await link('#harbour-log').count(), 0);
  assert.equal(await w.page.getByText('Strongroom').count(), 0, 'what a closed room is called now');

  const a = await house.at(ada, `/r/${general.id}`);
  await a.room('General').log.getByRole('link', { name: '#Strongroom', exact: true }).waitFor();
});
