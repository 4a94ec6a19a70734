// Rooms: making, finding, changing, leaving them.

import assert from 'node:assert/strict';
import { eventually } from '../support/conditions.mjs';
import { walk } from '../support/house.mjs';

const ADA = { nick: 'ada', name: 'Ada Obi' };
const WEN = { nick: 'wen', name: 'Wen Zhou' };
const NOOR = { nick: 'noor', name: 'Noor Haddad' };

walk('a room\'s name and topic change for everybody in it at once', async (house) => {
  const [ada, wen] = await house.settle(ADA, WEN);
  const plans = await ada.makeRoom('Plans', 'open', 'What comes next');
  await ada.add(plans, wen);
  const [a, w] = [await house.at(ada, `/r/${plans.id}`), await house.at(wen, `/r/${plans.id}`)];
  await a.room('Plans').isOpen();
  await w.room('Plans').isOpen();
  await a.room('Plans').openSettings();
  await a.page.getByLabel('Room name', { exact: true }).fill('Launch week');
  await a.page.getByLabel('Topic', { exact: true }).fill('Everything until Friday');
  await a.page.getByRole('button', { name: 'Save', exact: true }).click();
  for (const person of [a, w]) {
    const room = person.room('Launch week');
    await room.isOpen();
    await person.desk.link('Launch week').waitFor();
    await room.event('Ada Obi renamed the room to Launch week').waitFor();
    await room.event('Ada Obi set the topic: Everything until Friday').waitFor();
    await person.page.getByRole('banner').or(person.page.locator('main > header'))
      .filter({ hasText: 'Everything until Friday' }).waitFor();
    await eventually(async () => assert.match(await person.page.title(), /Launch week · Quayside/), 'the title');
  }
  // Who may not change it is not offered to.
  await w.room('Launch week').openSettings();
  assert.equal(await w.page.getByLabel('Room name', { exact: true }).count(), 0);
});

walk('an archived room can be read and not written in, until it is brought back', async (house) => {
  const [ada, wen] = await house.settle(ADA, WEN);
  const plans = await ada.makeRoom('Plans');
  await ada.add(plans, wen);
  await ada.say(plans, 'For the record');
  const [a, w] = [await house.at(ada, `/r/${plans.id}`), await house.at(wen, `/r/${plans.id}`)];
  await w.room('Plans').hears('For the record');
  await a.room('Plans').choose('Archive room');
  await a.room('Plans').confirm('Archive room');
  await w.page.getByText('This room is archived: it can be read').waitFor();
  assert.equal(await w.room('Plans').composer.count(), 0);
  await w.room('Plans').hears('For the record');
  await a.room('Plans').choose('Bring back from the archive');
  await w.room('Plans').say('Good to be back');
  await a.room('Plans').hears('Good to be back');
});

walk('who leaves a room gets nothing more of it, and may come back to an open one', async (house) => {
  const [ada, wen] = await house.settle(ADA, WEN);
  const plans = await ada.makeRoom('Plans');
  await ada.add(plans, wen);
  const w = await house.at(wen, `/r/${plans.id}`);
  await w.room('Plans').isOpen();
  await w.room('Plans').choose('Leave room');
  await w.room('Plans').confirm('Leave room');
  await w.desk.link('Plans').waitFor({ state: 'detached' });
  await ada.say(plans, 'Without Wen');

  await w.browse.at();
  const room = await w.browse.join('Plans');
  await room.hears('Without Wen');
  await w.desk.link('Plans').waitFor();
});

walk('who is removed from a room sees nothing of it from that moment on', async (house) => {
  const [ada, wen, noor] = await house.settle(ADA, WEN, NOOR);
  const closed = await ada.makeRoom('Salaries', 'closed');
  await ada.add(closed, wen);
  await ada.add(closed, noor);
  const [a, w] = [await house.at(ada, `/r/${closed.id}`), await house.at(wen, `/r/${closed.id}`)];
  await w.room('Salaries').isOpen();
  await a.room('Salaries').openMembers();
  await a.room('Salaries').member('Wen Zhou').waitFor();
  await a.room('Salaries').chooseFor('Wen Zhou', 'Remove Wen Zhou from the room');
  await a.room('Salaries').confirm('Remove Wen Zhou from the room');

  await w.desk.link('Salaries').waitFor({ state: 'detached' });
  await w.room('Salaries').log.waitFor({ state: 'detached' });
  await a.room('Salaries').say('After Wen');
  await a.room('Salaries').event('Ada Obi removed Wen Zhou').waitFor();
  await w.open(`/r/${closed.id}`);
  await w.page.getByRole('heading', { name: 'Nothing here' }).waitFor();
  assert.equal(await w.page.getByText('After Wen').count(), 0);
});

walk('an owner makes a moderator, who may then add people', async (house) => {
  const [ada, wen, noor] = await house.settle(ADA, WEN, NOOR);
  const closed = await ada.makeRoom('Salaries', 'closed');
  await ada.add(closed, wen);
  const [a, w] = [await house.at(ada, `/r/${closed.id}/members`), await house.at(wen, `/r/${closed.id}/members`)];
  const members = w.room('Salaries').members;
  await members.waitFor();
  await w.room('Salaries').member('Ada Obi').waitFor();
  assert.equal(await members.getByRole('button', { name: 'Add people' }).count(), 0);

  await a.room('Salaries').members.getByRole('combobox', { name: 'Role of Wen Zhou' }).selectOption({ label: 'Moderator' });
  await w.room('Salaries').event('Ada Obi made Wen Zhou a moderator').waitFor();
  await members.getByRole('button', { name: 'Add people' }).click();
  await w.page.getByRole('combobox', { name: 'Find people', exact: true }).fill('noor');
  await w.page.getByRole('option', { name: /Noor Haddad/ }).click();
  await w.page.getByRole('button', { name: 'Add', exact: true }).click();
  await a.room('Salaries').member('Noor Haddad').waitFor();
  assert.ok((await noor.rooms()).some((room) => room.id === closed.id));
});

walk('the same people always find the same conversation', async (house) => {
  const [ada, wen] = await house.settle(ADA, WEN, NOOR);
  const a = await house.at(ada);
  await a.room('General').isOpen();
  await a.desk.talkTo('Wen Zhou');
  const first = new URL(a.page.url()).pathname;
  await a.desk.openRoom('General');
  await a.desk.talkTo('Wen Zhou');
  assert.equal(new URL(a.page.url()).pathname, first);

  await a.desk.talkTo('Wen Zhou', 'Noor Haddad');
  await eventually(() => new URL(a.page.url()).pathname !== first, 'a conversation of three');
  await a.page.getByRole('log').waitFor();
  await a.page.getByRole('textbox').last().fill('The three of us');
  await a.page.keyboard.press('Enter');
  const third = new URL(a.page.url()).pathname;
  const w = await house.at(wen, third);
  await w.page.getByRole('article').filter({ hasText: 'The three of us' }).waitFor();
});

walk('how much one is told of a room is one\'s own choice', async (house) => {
  const [ada, wen] = await house.settle(ADA, WEN);
  const plans = await ada.makeRoom('Plans');
  await ada.add(plans, wen);
  const general = await ada.roomNamed('General');
  const w = await house.at(wen, `/r/${plans.id}/settings`);
  await w.page.getByRole('radio', { name: 'Mentions', exact: true }).check();
  await w.desk.toast('Saved').waitFor();
  await w.open(`/r/${general.id}`);
  await w.room('General').isOpen();
  await ada.say(plans, 'Nothing for Wen');
  await ada.say(plans, 'For @wen');
  await eventually(async () => assert.equal(await w.desk.badge('Plans'), '1'), 'the mention');
  assert.match(await w.desk.says('Plans'), /1 mention/);
});

walk('an address of nothing says so, and leads back', async (house) => {
  const [ada] = await house.settle(ADA);
  const a = await house.at(ada, '/no/such/page');
  await a.page.getByRole('heading', { name: 'Nothing here' }).waitFor();
  await a.page.getByRole('link', { name: 'Go to the start page' }).click();
  await a.room('General').isOpen();
});
