// Coming back to much that was said: one page, a few keys, and a way back.

import assert from 'node:assert/strict';
import { eventually } from '../support/conditions.mjs';
import { walk } from '../support/house.mjs';
import { PHONE } from '../support/person.mjs';

const ADA = { nick: 'ada', name: 'Ada Obi' };
const WEN = { nick: 'wen', name: 'Wen Zhou' };

const FAST = { arguments: ['--message-rate', '100000', '--message-burst', '100000'] };
const group = (page, name) => page.getByRole('region', { name, exact: true });

async function unread(account, room) {
  const { membership } = await account.ask('GET', `rooms/${room.id}`);
  return membership.counts.unread;
}

async function isUnread(account, room, count) {
  await eventually(async () => assert.equal(await unread(account, room), count), `${count} unread in ${room.name}`);
}

walk('what is unread in all rooms is read and put away by a few keys, and comes back', async (house) => {
  const [ada, wen] = await house.settle(ADA, WEN);
  const plans = await ada.makeRoom('Plans');
  const tea = await ada.makeRoom('Tea');
  const direct = await ada.direct(wen);
  for (const room of [plans, tea]) await ada.add(room, wen);
  for (const text of ['first plan', 'second plan', '@wen third plan']) await ada.say(plans, text);
  await ada.say(tea, 'tea is ready');
  await ada.say(direct, 'between us');
  const w = await house.at(wen, '/catch-up');
  const { page } = w;
  await page.getByText('5 unread messages in 3 rooms').waitFor();
  await group(page, 'Plans').getByText('third plan').waitFor();
  await group(page, 'Tea').getByText('tea is ready').waitFor();
  await group(page, 'Ada Obi').getByText('between us').waitFor();
  await w.screenshot('catch-up');

  // Only what is for oneself.
  await page.getByRole('button', { name: 'For you' }).click();
  await group(page, 'Tea').waitFor({ state: 'detached' });
  await group(page, 'Plans').getByText('first plan').waitFor({ state: 'detached' });
  await group(page, 'Plans').getByText('third plan').waitFor();
  await page.getByRole('button', { name: 'Everything' }).click();
  await group(page, 'Plans').getByText('first plan').waitFor();

  // By keys: on to the second plan, read up to there.
  const at = () => page.evaluate(() => document.activeElement?.querySelector('.msg__body')?.textContent.trim());
  await group(page, 'Plans').getByRole('article').first().focus();
  await page.keyboard.press('j');
  await eventually(async () => assert.equal(await at(), 'second plan'), 'the focus on the second');
  await page.keyboard.press('m');
  await group(page, 'Plans').getByText('second plan').waitFor({ state: 'detached' });
  await isUnread(wen, plans, 1);
  await eventually(async () => assert.match(await at(), /third plan/), 'the focus on what is next');

  // The whole room, and back again.
  await page.keyboard.press('e');
  await group(page, 'Plans').waitFor({ state: 'detached' });
  await isUnread(wen, plans, 0);
  await w.desk.toast('Plans is marked as read').getByRole('button', { name: 'Undo' }).click();
  await group(page, 'Plans').getByText('third plan').waitFor();
  await isUnread(wen, plans, 1);

  // What is said meanwhile comes.
  await ada.say(tea, 'and cake');
  await group(page, 'Tea').getByText('and cake').waitFor();

  await page.getByRole('button', { name: 'Mark all read' }).click();
  await page.getByRole('heading', { name: 'All caught up' }).waitFor();
  for (const room of [plans, tea, direct]) await isUnread(wen, room, 0);
  await w.desk.toast('Everything is marked as read').getByRole('button', { name: 'Undo' }).click();
  await group(page, 'Tea').getByText('tea is ready').waitFor();
  await isUnread(wen, tea, 2);

  // What mentions one is found again when it is read.
  await page.getByRole('link', { name: 'All mentions, read ones too' }).click();
  await page.locator('.hit__text').getByText('third plan').waitFor();
  await page.goBack();

  // Enter goes there.
  await group(page, 'Tea').getByRole('article').first().focus();
  await page.keyboard.press('Enter');
  await w.room('Tea').hears('tea is ready');
  await eventually(async () => assert.equal(await at(), 'tea is ready'), 'the message that was opened');
});

walk('every mention is there, however much else was said, and one reads on page by page', async (house) => {
  const [ada, wen] = await house.settle(ADA, WEN);
  const plans = await ada.makeRoom('Plans');
  await ada.add(plans, wen);
  await ada.say(plans, '@wen at the beginning');
  for (let number = 1; number <= 65; number += 1) await ada.say(plans, `chatter ${number}`);
  await ada.say(plans, '@wen at the end');
  const w = await house.at(wen, '/catch-up');
  const { page } = w;
  const room = group(page, 'Plans');
  const articles = room.getByRole('article');
  await room.getByText('chatter 40').waitFor();
  await eventually(async () => assert.equal(await articles.count(), 50), 'a page of 50');

  await page.getByRole('button', { name: 'For you' }).click();
  await room.getByText('at the end').waitFor();
  await eventually(async () => assert.equal(await articles.count(), 2), 'both mentions');
  await page.getByRole('button', { name: 'Everything' }).click();
  await room.getByText('chatter 40').waitFor();
  await room.getByRole('button', { name: 'Show more' }).click();
  await room.getByText('at the end').waitFor();
  await eventually(async () => assert.equal(await articles.count(), 67), 'all of it');
  assert.equal(await room.getByRole('button', { name: 'Show more' }).count(), 0);

  // From here on it is to stay unread; what stands before it is not.
  await articles.nth(60).focus();
  await page.keyboard.press('u');
  await room.getByText('chatter 59').waitFor({ state: 'detached' });
  await isUnread(wen, plans, 7);
  await w.desk.toast('Read up to there').getByRole('button', { name: 'Undo' }).click();
  await isUnread(wen, plans, 67);
  await room.getByText('at the beginning').waitFor();

  // What is said meanwhile comes below.
  await ada.say(plans, 'one more, @wen');
  await page.getByRole('button', { name: 'For you' }).click();
  await room.getByText('one more').waitFor();
  await eventually(async () => assert.equal(await articles.count(), 3), 'three mentions');
}, FAST);

walk('on a phone one catches up by touch', async (house) => {
  const [ada, wen] = await house.settle(ADA, WEN);
  const plans = await ada.makeRoom('Plans');
  await ada.add(plans, wen);
  for (const text of ['first plan', 'second plan']) await ada.say(plans, text);
  const w = await house.at(wen, '/', { size: PHONE, touch: true });
  await w.page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Catch up' }).tap();
  await group(w.page, 'Plans').getByText('second plan').waitFor();
  await w.screenshot('catch-up-phone');
  await group(w.page, 'Plans').getByRole('button', { name: 'Mark read up to here' }).first().tap();
  await isUnread(wen, plans, 1);
  await group(w.page, 'Plans').getByRole('button', { name: 'Mark read', exact: true }).tap();
  await w.page.getByRole('heading', { name: 'All caught up' }).waitFor();
});
