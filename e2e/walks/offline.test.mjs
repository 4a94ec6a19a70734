// The network goes, or swallows what it is given; one goes on as if it were there.

import assert from 'node:assert/strict';
import { watchAnchor } from '../support/anchor.mjs';
import { eventually } from '../support/conditions.mjs';
import { walk } from '../support/house.mjs';
import { Scene, kept } from '../support/scene.mjs';
import { allRead, heldExactly, numbered, shownExactly, unread } from '../support/whole.mjs';

const ADA = { nick: 'ada', name: 'Ada Obi' };
const WEN = { nick: 'wen', name: 'Wen Zhou' };
const FAST = { arguments: ['--message-rate', '100000', '--message-burst', '100000'] };

const back = (person) => person.page.evaluate(() => dispatchEvent(new Event('online')));

walk('what one says, changes, marks and reads without a network comes through once there is one', async (house) => {
  const scene = await Scene.set(house);
  const { ada, plans, a, w } = scene;
  const room = a.room('General');
  const leave = async () => {
    await a.goOffline();
    await a.desk.connection.getByText('No connection.').waitFor();
  };
  await room.say('The boat leaves at nien');
  await scene.hears(w, 'The boat');
  await w.room('General').say('Which boat?');
  await room.hears('Which boat?');
  await scene.waitsInPlans('Read without a network');

  await leave();
  await room.say('The red one');
  await room.act('at nien', 'Edit');
  await eventually(async () => assert.equal(await room.composer.inputValue(), 'The boat leaves at nien'));
  await room.say('The boat leaves at nine');
  await (await room.toolbar('Which boat?')).getByRole('button', { name: 'React with 👍' }).click();
  await room.reaction('Which boat?', '👍').waitFor();
  const texts = numbered(1, 3);
  for (const text of texts) await room.say(text);
  await room.message('Message 003').getByText('Waiting for connection').waitFor();
  // What cannot wait is refused in words.
  await room.act('Which boat?', 'Mark unread from here');
  await a.desk.toast('The server cannot do that just now').waitFor();
  await scene.readsPlans('Read without a network');
  assert.equal(await unread(ada, plans), 1, 'nobody knows of it yet');
  await scene.drafts('and as for the');
  await w.room('General').say('Said meanwhile');
  assert.equal(await w.room('General').message('The red one').count(), 0);
  await a.comeBack();
  scene.said = ['The boat leaves at nine', 'Which boat?', 'Said meanwhile', 'The red one', ...texts];
  await scene.isWhole();
  for (const person of [a, w]) await person.room('General').reaction('Which boat?', '👍 1').waitFor();

  // The same again, and the tab is closed before there is a network. The draft is a newer one than the server's.
  await scene.waitsInPlans('Read in a tab that was closed');
  await leave();
  await scene.says(a, 'From the last stop');
  await room.message('From the last stop').getByText('Waiting for connection').waitFor();
  await scene.readsPlans('Read in a tab that was closed');
  await scene.drafts('and as for the other');
  // Nothing is told to the server while the page is being closed.
  await a.page.close();
  assert.equal(await unread(ada, plans), 1, 'nobody knows of it yet');
  a.page = await a.context.newPage();
  await a.comeBack();
  await a.open(`/r/${scene.general.id}`);
  await scene.isWhole();
}, { timeout: 180_000 });

walk('in a network that swallows everything, what one reads stands still and what one says waits', async (house) => {
  const [ada, wen] = await house.settle(ADA, WEN);
  const harbour = await ada.makeRoom('Harbour log');
  await ada.add(harbour, wen);
  const before = Array.from({ length: 70 }, (_, at) => `No. ${String(at + 1).padStart(4, '0')}`);
  for (const text of before) await wen.say(harbour, text);
  const [first] = await ada.messages(harbour);
  const a = await house.at(ada, `/r/${harbour.id}`, { travels: true });
  const room = a.room('Harbour log');
  await room.isOpen();
  await room.log.getByRole('article').first().waitFor();
  await room.composer.fill('Into the void');
  await room.message('No. 0012').scrollIntoViewIfNeeded();
  const end = await watchAnchor(a.page);
  a.wire.swallow();
  await wen.say(harbour, 'Said meanwhile');
  await wen.command('add_reaction', { room: harbour.id, message: first.seq, emoji: '👍' });
  a.wire.mend();
  await back(a);
  await room.reaction('No. 0001', '👍 1').waitFor({ timeout: 60_000 });
  const { worst, number } = await end();
  assert.ok(worst <= 1, `${number} moved by ${worst} px`);
  a.wire.swallow();
  await room.composer.press('Enter');
  await room.say('And one more');
  a.wire.mend();
  await back(a);
  await eventually(() => heldExactly(ada, harbour, [...before, 'Said meanwhile', 'Into the void', 'And one more']), 'all of it, once', 60_000);
  await room.endsWith('Said meanwhile', 'Into the void', 'And one more');
  await allRead(ada, harbour);
}, { ...FAST, timeout: 240_000 });

walk('what one reads of a thread without a network looks read at once, and is so once there is one', async (house) => {
  const [ada, wen] = await house.settle(ADA, WEN);
  const general = await ada.roomNamed('General');
  const plans = await ada.makeRoom('Plans');
  const { seq } = await ada.say(general, 'Which boat?');
  const replies = (body) =>
    wen.command('send_message', { room: general.id, client_message_id: crypto.randomUUID(), body, thread: seq });
  const waiting = async () => {
    const { membership } = await ada.ask('GET', `rooms/${general.id}`);
    return membership.threads.find(({ root }) => root === seq)?.unread;
  };
  await replies('The red one');
  const a = await house.at(ada, `/r/${general.id}/t/${seq}`, { travels: true });
  const thread = a.page.getByRole('complementary', { name: 'Thread', exact: true });
  await thread.getByText('The red one').waitFor();
  await eventually(async () => assert.equal(await waiting(), 0), 'the first reply read');
  await a.desk.openRoom('Plans');
  await replies('No, the blue one');
  await eventually(async () => assert.equal(await a.desk.badge('General'), '1'), 'a count');

  await a.goOffline();
  await a.desk.connection.getByText('No connection.').waitFor();
  await a.desk.openRoom('General');
  await a.room('General').message('Which boat?').getByRole('link', { name: /2 replies/ }).click();
  await thread.getByText('No, the blue one').waitFor();
  await eventually(async () => assert.equal(await a.desk.badge('General'), ''), 'the list to show it');
  await eventually(async () => {
    const items = (await kept(a)).rows.map((text) => JSON.parse(text));
    assert.ok(items.some(({ room, thread: root, what }) => room === general.id && root === seq && what.Read));
  }, 'the browser to keep it');
  assert.equal(await waiting(), 1, 'nobody knows of it yet');
  await a.page.close();
  a.page = await a.context.newPage();
  await a.comeBack();
  await a.open(`/r/${plans.id}`);
  await eventually(async () => assert.equal(await waiting(), 0), 'the server to know it', 60_000);
  await eventually(async () => assert.deepEqual((await kept(a)).rows, []), 'nothing that waits');
});

walk('what one has read without a network does not undo what was marked as unread elsewhere since', async (house) => {
  const scene = await Scene.set(house);
  const { ada, plans, a } = scene;
  await scene.waitsInPlans('For later');
  await a.goOffline();
  await a.desk.connection.getByText('No connection.').waitFor();
  await scene.readsPlans('For later');
  await scene.isKept();
  const { seq } = (await ada.messages(plans)).at(-1);
  await ada.command('mark_unread', { room: plans.id, seq });
  await a.comeBack();
  await eventually(async () => assert.deepEqual((await kept(a)).rows, []), 'it to be told', 60_000);
  assert.equal(await unread(ada, plans), 1);
  await eventually(async () => assert.ok(await a.desk.isUnread('Plans')), 'the list to show it');
  // What is read after that is read.
  await a.desk.openRoom('Plans');
  await allRead(ada, plans);
});
