// Everything without a mouse.

import assert from 'node:assert/strict';
import { PASSWORD } from '../support/account.mjs';
import { eventually } from '../support/conditions.mjs';
import { walk } from '../support/house.mjs';

const ADA = { nick: 'ada', name: 'Ada Obi' };
const WEN = { nick: 'wen', name: 'Wen Zhou' };

const focused = (page) => page.evaluate(() => {
  const element = document.activeElement;
  if (!element || element === document.body) return '';
  const labelled = (element.getAttribute('aria-labelledby') ?? '').split(' ')
    .map((id) => document.getElementById(id)?.textContent ?? '').join(' ').trim();
  return element.getAttribute('aria-label') || labelled
    || (element.labels?.[0]?.textContent ?? '') || element.textContent.trim();
});

/** Presses `key` until something of this name has the focus. */
async function go(page, key, name, most = 60) {
  for (let presses = 0; presses < most; presses += 1) {
    await page.keyboard.press(key);
    if ((await focused(page)).startsWith(name)) return;
  }
  throw new Error(`${name} cannot be reached by ${key}; the focus is on ${await focused(page)}`);
}

walk('from the first page to an answered message, with the keyboard alone', async (house) => {
  const ada = await house.person({ name: 'Ada' });
  const { page } = ada;
  const type = (text) => page.keyboard.type(text);
  await ada.open('/');
  await ada.firstRun.place.waitFor();
  await eventually(async () => assert.ok((await focused(page)).startsWith('Name of this place')), 'the first field');
  await type('Quayside');
  await go(page, 'Tab', 'Nick');
  await type('ada');
  await go(page, 'Tab', 'Your name');
  await type('Ada Obi');
  await go(page, 'Tab', 'Password');
  await type(PASSWORD);
  await page.keyboard.press('Enter');
  await ada.room('General').isOpen();
  await eventually(async () => assert.equal(await focused(page), 'Message General'), 'the focus in the composer');
  await type('Hello, keyboard');
  await page.keyboard.press('Shift+Enter');
  await type('on two lines');
  await page.keyboard.press('Enter');
  await ada.room('General').endsWith('Hello, keyboard\non two lines');

  // A new room, by the list's own button and its form.
  await go(page, 'Shift+Tab', 'New room');
  await page.keyboard.press('Enter');
  await eventually(async () => assert.ok((await focused(page)).startsWith('Room name')), 'the form');
  await type('Launch week');
  await page.keyboard.press('Enter');
  await ada.room('Launch week').isOpen();
  await eventually(async () => assert.equal(await focused(page), 'Message Launch week'), 'the focus in the composer');

  // The skip link is the first stop, and leads to the composer.
  await page.reload();
  await ada.room('Launch week').isOpen();
  await page.evaluate(() => document.activeElement?.blur?.());
  await go(page, 'Tab', 'Skip to', 2).catch(async () => go(page, 'Shift+Tab', 'Skip to', 80));
  await page.keyboard.press('Enter');
  await eventually(async () => assert.equal(await focused(page), 'Message Launch week'), 'the composer');

  // Out again.
  await go(page, 'Shift+Tab', 'Settings');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Settings', level: 1 }).waitFor();
  await go(page, 'Tab', 'Sign out');
  await page.keyboard.press('Enter');
  await ada.signIn.nick.waitFor();
});

walk('a few letters lead anywhere', async (house) => {
  const [ada, wen] = await house.settle(ADA, WEN);
  await ada.makeRoom('Launch week');
  await ada.makeRoom('Design review');
  const direct = await ada.direct(wen);
  const a = await house.at(ada);
  await a.room('General').isOpen();
  const { page } = a;

  await a.switcher.open();
  await page.keyboard.type('des');
  await a.switcher.chosen.filter({ hasText: 'Design review' }).waitFor();
  await page.keyboard.press('Enter');
  await a.room('Design review').isOpen();
  await eventually(async () => assert.equal(await focused(page), 'Message Design review'), 'the composer');

  await a.switcher.open();
  await page.keyboard.type('wen');
  await a.switcher.chosen.filter({ hasText: 'Wen Zhou' }).waitFor();
  await page.keyboard.press('Enter');
  await a.room('Wen Zhou').isOpen();
  assert.ok(page.url().endsWith(direct.id));

  await a.switcher.open();
  await page.keyboard.type('zzzz');
  await a.switcher.dialog.getByText('Nothing found for “zzzz”.').waitFor();
  await page.keyboard.press('Escape');
  await a.switcher.dialog.waitFor({ state: 'hidden' });

  // What waits comes first; arrows move, and the chosen one is told to assistive technology.
  await wen.say(await wen.roomNamed('General'), 'Somebody there?');
  await eventually(async () => assert.ok(await a.desk.isUnread('General')), 'something unread');
  await a.switcher.open();
  await a.switcher.chosen.filter({ hasText: 'General' }).waitFor();
  const before = await a.switcher.input.getAttribute('aria-activedescendant');
  await page.keyboard.press('ArrowDown');
  await eventually(
    async () => assert.notEqual(await a.switcher.input.getAttribute('aria-activedescendant'), before), 'the next',
  );
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('Enter');
  await a.room('General').hears('Somebody there?');
});

walk('one moves between rooms, parts of the page and messages by keys', async (house) => {
  const [ada, wen] = await house.settle(ADA, WEN);
  const general = await ada.roomNamed('General');
  const plans = await ada.makeRoom('Plans');
  await ada.add(plans, wen);
  for (const text of ['First', 'Second', 'Third']) await ada.say(general, text);
  const w = await house.at(wen, `/r/${general.id}`);
  const { page } = w;
  const room = w.room('General');
  await room.hears('Third');
  await eventually(async () => assert.equal(await focused(page), 'Message General'), 'the composer');

  await page.keyboard.press('Shift+ArrowUp');
  const article = () => page.evaluate(() => document.activeElement.querySelector('.msg__body')?.innerText.trim());
  await eventually(async () => assert.equal(await article(), 'Third'), 'the last message');
  await page.keyboard.press('ArrowUp');
  await eventually(async () => assert.equal(await article(), 'Second'), 'the one before');
  await page.keyboard.press('Home');
  await eventually(async () => assert.notEqual(await article(), 'Second'), 'the first');
  await page.keyboard.press('End');
  await eventually(async () => assert.equal(await article(), 'Third'), 'the last again');
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('u');
  await eventually(async () => assert.ok(await w.desk.isUnread('General')), 'unread again');

  await page.keyboard.press('F6');
  await eventually(async () => assert.equal(await focused(page), 'Message General'), 'the composer after the list');
  await page.keyboard.press('Shift+F6');
  await eventually(
    async () => assert.ok(await page.evaluate(() => document.activeElement.closest('[role=log]') !== null)), 'the list',
  );

  await ada.say(plans, 'News');
  await eventually(async () => assert.ok(await w.desk.isBold('Plans')), 'something unread');
  await page.keyboard.press('Alt+Shift+ArrowDown');
  await w.room('Plans').hears('News');
  await page.keyboard.press('Alt+ArrowUp');
  await room.isOpen();

  await page.keyboard.press('Control+/');
  await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).waitFor({ state: 'hidden' });

  await page.goto(`/r/${general.id}/members`);
  await room.members.waitFor();
  await room.composer.focus();
  await page.keyboard.press('Escape');
  await room.members.waitFor({ state: 'detached' });
});

walk('a dialog gives the focus back to what opened it', async (house) => {
  const [ada] = await house.settle(ADA);
  const a = await house.at(ada);
  await a.room('General').isOpen();
  const button = a.desk.sidebar.getByRole('button', { name: 'New room', exact: true });
  await button.focus();
  await a.page.keyboard.press('Enter');
  await eventually(async () => assert.ok((await focused(a.page)).startsWith('Room name')), 'the form');
  await a.page.keyboard.type('Half a name');
  await a.page.keyboard.press('Escape');
  await a.desk.dialog.getByText('Close without saving?').waitFor();
  await a.desk.dialog.getByRole('button', { name: 'Close without saving', exact: true }).press('Enter');
  await a.desk.dialog.waitFor({ state: 'hidden' });
  await eventually(() => button.evaluate((element) => element === document.activeElement), 'the focus back');
});

walk('whoever looked something up or read a thread types on at once', async (house) => {
  const [ada] = await house.settle(ADA);
  const general = await ada.roomNamed('General');
  const said = await ada.say(general, 'Hello');
  const a = await house.at(ada, `/r/${general.id}`);
  const room = a.room('General');
  const { keyboard } = a.page;
  await room.hears('Hello');
  await room.composer.focus();
  const typesOn = async (text) => {
    await eventually(async () => assert.equal(await focused(a.page), 'Message General'), 'the focus in the composer');
    await keyboard.type(text);
    assert.equal(await room.composer.inputValue(), text);
    await room.composer.fill('');
  };
  await a.switcher.open();
  await keyboard.type('general');
  await keyboard.press('Escape');
  await a.switcher.dialog.waitFor({ state: 'hidden' });
  await typesOn('looked and left');
  // To where one is already.
  await a.switcher.jump('General');
  await typesOn('still here');
  await a.open(`/r/${general.id}/t/${said.seq}`);
  await eventually(async () => assert.equal(await focused(a.page), 'Reply in thread'), 'the thread');
  await keyboard.press('Escape');
  await typesOn('back in the room');
});
