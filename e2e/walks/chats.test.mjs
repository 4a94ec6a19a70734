// The phone's list of conversations: all in one, what was said last on top.

import assert from 'node:assert/strict';
import { eventually } from '../support/conditions.mjs';
import { walk } from '../support/house.mjs';
import { PHONE } from '../support/person.mjs';

const ADA = { nick: 'ada', name: 'Ada Obi' };
const WEN = { nick: 'wen', name: 'Wen Zhou' };
const AT_HAND = { size: PHONE, touch: true };

/** The names in the list, as they stand there. */
const listed = (person) => person.desk.sidebar.locator('a[href^="/r/"] .row__name').allTextContents();
const said = (person, name) => person.desk.sidebar.getByRole('listitem')
  .filter({ has: person.page.getByRole('link', { name, exact: true }) }).locator('.chat__said');
const show = (person, name) => person.page.getByRole('group', { name: 'What to show' }).getByRole('button', { name });

async function begins(person, ...names) {
  await eventually(async () => assert.deepEqual((await listed(person)).slice(0, names.length), names), 'the order');
}

async function says(person, name, text) {
  await eventually(async () => assert.equal(await said(person, name).innerText(), text), `the line of ${name}`);
}

walk('on a phone one sees who spoke last, where, and what of it is for oneself', async (house) => {
  const [ada, wen] = await house.settle(ADA, WEN);
  const plans = await ada.makeRoom('Plans');
  await ada.makeRoom('Silence');
  const kitchen = await ada.makeRoom('Kitchen', 'closed');
  for (const room of [plans, kitchen]) await ada.add(room, wen);
  const direct = await ada.direct(wen);
  await ada.say(kitchen, 'Who has the **good** mug?');
  await ada.say(plans, '@wen see `notes.md`\n\n- first');
  await wen.say(direct, 'On my way');
  const w = await house.at(wen, '/', AT_HAND);
  await begins(w, 'Ada Obi', 'Plans', 'Kitchen');
  await says(w, 'Ada Obi', 'You: On my way');
  await says(w, 'Plans', 'Ada Obi: @wen see notes.md first');
  await says(w, 'Kitchen', 'Ada Obi: Who has the good mug?');
  assert.equal(await w.desk.badge('Plans'), '1');
  assert.match(await w.desk.says('Plans'), /^Ada Obi: @wen see notes\.md first, \d\d:\d\d, 1 mention$/);
  assert.match(await w.desk.says('Kitchen'), /unread, closed$/);
  await w.screenshot('chats');

  // What happens from now on is told by the rooms themselves.
  const sent = await ada.say(kitchen, 'Never mind');
  await begins(w, 'Kitchen', 'Ada Obi', 'Plans');
  await says(w, 'Kitchen', 'Ada Obi: Never mind');
  await ada.command('edit_message', { room: kitchen.id, message: sent.seq, body: 'Found it' });
  await says(w, 'Kitchen', 'Ada Obi: Found it');
  await ada.command('delete_message', { room: kitchen.id, message: sent.seq });
  await says(w, 'Kitchen', 'Message removed');

  await show(w, 'For you').tap();
  await begins(w, 'Plans');
  assert.equal((await listed(w)).length, 1);
  await show(w, /^Unread/).tap();
  await begins(w, 'Kitchen', 'Plans');
  await show(w, 'Rooms').tap();
  await eventually(async () => assert.ok(!(await listed(w)).includes('Ada Obi')), 'rooms alone');
  await show(w, 'All').tap();

  // Words that wait stand there as well; the list is where one left it.
  await w.desk.link('Ada Obi').tap();
  await w.room('Ada Obi').isOpen();
  await w.room('Ada Obi').composer.fill('five more _minutes_');
  await w.page.goBack();
  await says(w, 'Ada Obi', 'Draft: five more minutes');
  await w.page.getByRole('button', { name: 'New message', exact: true }).tap();
  await w.page.getByRole('menuitem', { name: 'Browse rooms', exact: true }).tap();
  await w.page.getByRole('heading', { name: 'Browse rooms' }).waitFor();
});

walk('the list is there again after a break, with what was said meanwhile', async (house) => {
  const [ada, wen] = await house.settle(ADA, WEN);
  const general = await ada.roomNamed('General');
  await ada.say(general, 'Before');
  const w = await house.at(wen, '/', { ...AT_HAND, travels: true, locale: 'zh-CN' });
  await says(w, 'General', 'Ada Obi：Before');
  await w.goOffline();
  await ada.say(general, 'Meanwhile');
  await w.comeBack();
  await says(w, 'General', 'Ada Obi：Meanwhile');
  await w.screenshot('chats-zh');
});
