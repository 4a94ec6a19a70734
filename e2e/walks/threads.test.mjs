// Threads, what is pinned, what one keeps for oneself, and what is carried from room to room.

import assert from 'node:assert/strict';
import { eventually } from '../support/conditions.mjs';
import { PHONE } from '../support/person.mjs';
import { walk } from '../support/house.mjs';

const ADA = { nick: 'ada', name: 'Ada Obi' };
const WEN = { nick: 'wen', name: 'Wen Zhou' };

const panel = (person) => person.page.getByRole('complementary', { name: 'Thread', exact: true });
const replies = (person) => panel(person).getByRole('log', { name: 'Replies', exact: true });
const reply = (person) => panel(person).getByRole('textbox', { name: 'Reply in thread', exact: true });

walk('people talk in a thread beside the room, and each hears what is new for them', async (house) => {
  const [ada, wen] = await house.settle(ADA, WEN);
  const general = await ada.roomNamed('General');
  const [a, w] = [await house.at(ada, `/r/${general.id}`), await house.at(wen, `/r/${general.id}`)];
  const [atAda, atWen] = [a.room('General'), w.room('General')];
  await atAda.isOpen();
  await atWen.isOpen();
  await atAda.say('How long is the grace?');
  await atWen.hears('the grace');
  await atWen.act('the grace', 'Reply in thread');
  await eventually(() => reply(w).evaluate((box) => box === document.activeElement), 'the box of the thread');
  await reply(w).fill('Two and a half seconds');
  await reply(w).press('Enter');
  await replies(w).getByText('Two and a half seconds').waitFor();
  await replies(w).getByText('1 reply').waitFor();
  // In the room there is only the line below the root.
  await atAda.message('the grace').getByRole('link', { name: /1 reply/ }).waitFor();
  assert.equal(await atAda.message('Two and a half').count(), 0);

  // Ada wrote the root: she follows, and is told.
  await eventually(async () => assert.equal(await a.desk.badge('General'), '1'), 'a count');
  await a.desk.sidebar.getByRole('link', { name: /^Threads/ }).click();
  await a.page.getByRole('heading', { name: 'Threads', level: 1 }).waitFor();
  const card = a.page.getByRole('main').getByRole('listitem').filter({ hasText: 'the grace' });
  await card.getByText('1 new reply').waitFor();
  await a.screenshot('threads');
  await card.getByRole('link', { name: 'Show the thread' }).click();
  await replies(a).getByText('Two and a half seconds').waitFor();
  await eventually(async () => assert.equal(await a.desk.badge('General'), ''), 'nothing left to read');

  await reply(a).fill('Then let us do that');
  await panel(a).getByRole('checkbox', { name: 'Also send to General' }).check();
  await reply(a).press('Enter');
  await replies(w).getByText('Then let us do that').waitFor();
  await atWen.message('Then let us do that').getByRole('link', { name: /the grace/ }).first().waitFor();
  await atWen.message('the grace').first().getByRole('link', { name: /2 replies/ }).waitFor();
  await w.screenshot('thread');

  // A reaction and an edit are right in both places at once.
  await w.page.keyboard.press('Escape');
  await panel(w).waitFor({ state: 'detached' });
  await atWen.message('the grace').first().getByRole('link', { name: /2 replies/ }).click();
  await replies(w).getByText('Then let us do that').waitFor();
  const root = replies(w).getByRole('article').filter({ hasText: 'the grace' });
  await root.hover();
  await root.getByRole('button', { name: 'React with 👍' }).click();
  await atWen.reaction('the grace', /^👍 \d: you$/).first().waitFor();

  // What one does not follow is quiet.
  await panel(w).getByRole('button', { name: 'Following this thread' }).click();
  await panel(w).getByRole('button', { name: 'Follow this thread' }).waitFor();
});

walk('in a thread one sees who is writing there, and can ask', async (house) => {
  const [ada, wen] = await house.settle(ADA, WEN);
  const general = await ada.roomNamed('General');
  const { seq } = await ada.say(general, 'When do we meet?');
  const [a, w] = [await house.at(ada, `/r/${general.id}/t/${seq}`), await house.at(wen, `/r/${general.id}/t/${seq}`)];
  for (const person of [a, w]) await replies(person).getByText('When do we meet?').waitFor();
  await reply(w).pressSequentially('Let me');
  await panel(a).getByText('Wen Zhou is typing').waitFor();
  assert.equal(await a.page.getByRole('main').getByText('is typing').count(), 0, 'not in the room');

  await reply(w).fill('/poll Which day? | Monday | Friday');
  await reply(w).press('Enter');
  const asked = replies(a).getByRole('article').filter({ hasText: 'Which day?' });
  await asked.getByText('Friday').click();
  await replies(w).getByRole('article').filter({ hasText: 'Which day?' }).getByText(/1 (vote|person)/).first().waitFor();
  assert.equal(await a.room('General').message('Which day?').count(), 0, 'in the thread alone');
  // By the form as well.
  await reply(w).fill('/poll');
  await reply(w).press('Enter');
  await w.desk.dialog.getByLabel('Question', { exact: true }).fill('Which hour?');
  await w.desk.dialog.getByLabel('Choices').fill('Nine\nTen');
  await w.desk.dialog.getByRole('button', { name: 'Ask', exact: true }).click();
  await replies(a).getByText('Which hour?').waitFor();
  await a.screenshot('thread-poll');
});

walk('a reply that waits for a connection keeps its thread, and so does a draft', async (house) => {
  const [ada, wen] = await house.settle(ADA, WEN);
  const general = await ada.roomNamed('General');
  const { seq } = await ada.say(general, 'Root of it');
  const a = await house.at(ada, `/r/${general.id}/t/${seq}`, { travels: true });
  await replies(a).getByText('Root of it').waitFor();
  await a.goOffline();
  await a.desk.connection.getByText('No connection.').waitFor();
  await reply(a).fill('From the tunnel');
  await reply(a).press('Enter');
  await replies(a).getByText('Waiting for connection').waitFor();
  assert.equal(await a.room('General').message('From the tunnel').count(), 0);
  await reply(a).fill('Half a reply');
  await a.comeBack();
  await replies(a).getByText('Waiting for connection').waitFor({ state: 'detached' });
  const w = await house.at(wen, `/r/${general.id}/t/${seq}`);
  await replies(w).getByText('From the tunnel').waitFor();
  await a.page.reload();
  await replies(a).getByText('From the tunnel').waitFor();
  await eventually(async () => assert.equal(await reply(a).inputValue(), 'Half a reply'), 'the draft');
  assert.equal(await a.room('General').composer.inputValue(), '');
});

walk('what matters is pinned for all, kept for oneself, and carried to another room', async (house) => {
  const [ada, wen] = await house.settle(ADA, WEN);
  const general = await ada.roomNamed('General');
  const plans = await ada.makeRoom('Plans');
  await ada.add(plans, wen);
  const { seq } = await ada.say(general, 'The checklist is on the wall');
  const [a, w] = [await house.at(ada, `/r/${general.id}`), await house.at(wen, `/r/${general.id}`)];
  const [atAda, atWen] = [a.room('General'), w.room('General')];
  await atAda.hears('checklist');
  await atWen.hears('checklist');
  await atAda.act('checklist', 'Pin to room');
  await atWen.message('checklist').getByText('Pinned by Ada Obi').waitFor();
  await w.page.getByRole('button', { name: '1 pinned message', exact: true }).click();
  const pins = w.page.getByRole('complementary', { name: 'Pinned messages' });
  await pins.getByText('The checklist is on the wall').waitFor();
  await w.screenshot('pins');
  // Only moderators unpin here.
  assert.equal(await pins.getByRole('button', { name: 'Unpin' }).count(), 0);
  await atAda.act('checklist', 'Unpin');
  await pins.getByText('Nothing is pinned here.').waitFor();

  await atWen.act('checklist', 'Save for yourself');
  await w.page.getByText('Saved', { exact: true }).first().waitFor();
  await w.desk.sidebar.getByRole('link', { name: 'Saved', exact: true }).click();
  const saved = w.page.getByRole('main').getByRole('listitem').filter({ hasText: 'checklist' });
  await saved.getByText('in General').waitFor();
  await w.screenshot('saved');
  await saved.getByRole('button', { name: 'No longer save' }).click();
  await w.page.getByText('You have saved nothing yet.').waitFor();
  // What is saved on another device comes here by itself.
  await wen.command('save_message', { room: general.id, message: seq });
  await saved.getByText('in General').waitFor();

  await atAda.act('checklist', 'Forward');
  const dialog = a.page.getByRole('dialog', { name: 'Forward' });
  await dialog.getByRole('combobox', { name: 'Forward to' }).selectOption('Plans');
  await dialog.getByRole('textbox', { name: 'Add a comment (optional)' }).fill('As said');
  await a.screenshot('forward');
  await dialog.getByRole('button', { name: 'Forward', exact: true }).click();
  await a.page.getByText('Forwarded to Plans').waitFor();
  const inPlans = await w.desk.openRoom('Plans');
  await inPlans.hears('Forwarded from Ada Obi, General');
  await inPlans.hears('As said');
  await inPlans.hears('The checklist is on the wall');
});

walk('on a phone a thread is a page, and Back leads out of it', async (house) => {
  const [ada, wen] = await house.settle(ADA, WEN);
  const general = await ada.roomNamed('General');
  const { seq } = await ada.say(general, 'Root of it');
  await ada.ask('POST', `rooms/${general.id}/messages`, { body: 'A reply', thread: seq });
  const w = await house.at(wen, `/r/${general.id}`, { touch: true, size: PHONE });
  const room = w.room('General');
  await room.message('Root of it').getByRole('link', { name: /1 reply/ }).click();
  await replies(w).getByText('A reply').waitFor();
  await w.screenshot('thread-phone');
  await w.page.goBack();
  await panel(w).waitFor({ state: 'detached' });
  await room.hears('Root of it');
});
