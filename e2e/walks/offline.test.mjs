// The network goes, or swallows what it is given; one goes on as if it were there.

import assert from 'node:assert/strict';
import { watchAnchor } from '../support/anchor.mjs';
import { eventually } from '../support/conditions.mjs';
import { walk } from '../support/house.mjs';
import { allRead, heldExactly, numbered, shownExactly, unread } from '../support/whole.mjs';

const ADA = { nick: 'ada', name: 'Ada Obi' };
const WEN = { nick: 'wen', name: 'Wen Zhou' };
const FAST = { arguments: ['--message-rate', '100000', '--message-burst', '100000'] };

/** What was in view for a moment only is not read. */
const looksFor = (person, frames) => person.page.evaluate((count) => new Promise((done) => {
  const frame = () => (count-- > 0 ? requestAnimationFrame(frame) : done());
  frame();
}), frames);
const back = (person) => person.page.evaluate(() => dispatchEvent(new Event('online')));

walk('what one says, changes, marks and reads without a network comes through once there is one', async (house) => {
  const [ada, wen] = await house.settle(ADA, WEN);
  const general = await ada.roomNamed('General');
  const plans = await ada.makeRoom('Plans');
  await ada.add(plans, wen);
  await ada.say(general, 'The boat leaves at nien');
  await wen.say(general, 'Which boat?');
  const a = await house.at(ada, `/r/${plans.id}`, { travels: true });
  const w = await house.at(wen, `/r/${general.id}`);
  await a.room('Plans').isOpen();
  const room = await a.desk.openRoom('General');
  await room.hears('Which boat?');
  await w.room('General').hears('Which boat?');
  await wen.say(plans, 'Read without a network');
  await eventually(async () => assert.ok(await a.desk.isUnread('Plans')), 'something to read');

  await a.goOffline();
  await a.desk.connection.getByText('No connection.').waitFor();
  await room.say('The red one');
  await room.act('at nien', 'Edit');
  await eventually(async () => assert.equal(await room.composer.inputValue(), 'The boat leaves at nien'));
  await room.say('The boat leaves at nine');
  await (await room.toolbar('Which boat?')).getByRole('button', { name: 'React with 👍' }).click();
  await room.reaction('Which boat?', '👍').waitFor();
  const texts = numbered(1, 3);
  for (const text of texts) await room.say(text);
  await a.desk.openRoom('Plans');
  await a.room('Plans').hears('Read without a network');
  await looksFor(a, 120);
  await a.desk.openRoom('General');
  await room.composer.fill('and as for the');
  await w.room('General').say('Said meanwhile');
  assert.equal(await unread(ada, plans), 1, 'nobody knows of it yet');
  assert.equal(await w.room('General').message('The red one').count(), 0);

  await a.comeBack();
  const all = ['The boat leaves at nine', 'Which boat?', 'Said meanwhile', 'The red one', ...texts];
  await shownExactly(a, 'General', all);
  await shownExactly(w, 'General', all);
  await heldExactly(ada, general, all);
  for (const person of [a, w]) await person.room('General').reaction('Which boat?', '👍 1').waitFor();
  await allRead(ada, plans);
  await allRead(ada, general);
  assert.ok(!(await a.desk.isUnread('Plans')));
  assert.equal(await room.composer.inputValue(), 'and as for the');
  // The draft has come through as well.
  const elsewhere = await house.at(ada, `/r/${general.id}`);
  await eventually(async () => {
    assert.equal(await elsewhere.room('General').composer.inputValue(), 'and as for the');
  }, 'the draft on another device');
});

walk('a draft typed without a network is not replaced by what the server knew before', async (house) => {
  const [ada] = await house.settle(ADA);
  const general = await ada.roomNamed('General');
  const a = await house.at(ada, `/r/${general.id}`, { travels: true });
  const elsewhere = await house.at(ada, `/r/${general.id}`);
  const drafted = (words) => eventually(async () => {
    assert.equal(await elsewhere.room('General').composer.inputValue(), words);
  }, `“${words}” on the other device`);
  const room = a.room('General');
  await room.isOpen();
  await room.composer.fill('Half a thought');
  await drafted('Half a thought');
  await a.goOffline();
  await a.desk.connection.getByText('No connection.').waitFor();
  await room.composer.fill('Half a thought, and the other half');
  // Nothing is told to the server while the page is being closed.
  await a.page.close();
  a.page = await a.context.newPage();
  await a.comeBack();
  await a.open(`/r/${general.id}`);
  await drafted('Half a thought, and the other half');
  assert.equal(await a.room('General').composer.inputValue(), 'Half a thought, and the other half');
});

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
