// Calls to everybody, rooms by their names, what is typed after a slash, polls, and what waits.

import assert from 'node:assert/strict';
import { eventually } from '../support/conditions.mjs';
import { walk } from '../support/house.mjs';
import { PHONE } from '../support/person.mjs';

const ADA = { nick: 'ada', name: 'Ada Obi' };
const WEN = { nick: 'wen', name: 'Wen Zhou' };

const poll = (person, question) => person.page.getByRole('article').filter({ hasText: question });

walk('everybody is called and rooms are named by what is completed in the box', async (house) => {
  const [ada, wen] = await house.settle(ADA, WEN);
  const plans = await ada.makeRoom('Plans');
  await ada.add(plans, wen);
  const launch = await ada.makeRoom('Launch week');
  await ada.add(launch, wen);
  const w = await house.at(wen);
  await w.desk.isReady();
  const a = await house.at(ada, `/r/${plans.id}`);
  await a.room('Plans').isOpen();
  await a.room('Plans').composer.pressSequentially('@roo');
  await a.page.getByRole('option', { name: /Everybody in the room/ }).waitFor();
  await a.page.keyboard.press('Enter');
  await a.room('Plans').composer.pressSequentially('see #lau');
  await a.page.getByRole('option', { name: /Launch week/ }).waitFor();
  await a.page.keyboard.press('Tab');
  await eventually(
    async () => assert.equal(await a.room('Plans').composer.inputValue(), '@room see #launch-week '), 'the names in the text',
  );
  await a.page.keyboard.press('Enter');
  await eventually(async () => assert.equal(await w.desk.badge('Plans'), '1'), 'the call counts');
  await ada.ask('PATCH', `rooms/${launch.id}`, { name: 'Ship log' });
  await w.desk.openRoom('Plans');
  await w.room('Plans').log.getByText('@room', { exact: true }).waitFor();
  await w.room('Plans').log.getByRole('link', { name: '#Ship log', exact: true }).click();
  await w.room('Ship log').isOpen();
});

walk('a poll is asked by a command and by a form, and voted in', async (house) => {
  const [ada, wen] = await house.settle(ADA, WEN);
  const plans = await ada.makeRoom('Plans');
  await ada.add(plans, wen);
  const a = await house.at(ada, `/r/${plans.id}`);
  const w = await house.at(wen, `/r/${plans.id}`, { size: PHONE, touch: true });
  await a.room('Plans').isOpen();
  await a.room('Plans').composer.fill('/poll Which day? | Monday | Friday');
  await a.page.keyboard.press('Enter');
  const [of, at] = [poll(a, 'Which day?'), poll(w, 'Which day?')];
  await at.getByRole('radio', { name: /Friday/ }).check();
  await of.getByText('1 person voted').waitFor();
  await of.getByRole('radio', { name: /Monday/ }).check();
  await at.getByText('2 people voted').waitFor();
  await at.getByRole('button', { name: 'Take my vote back', exact: true }).click();
  await of.getByText('1 person voted').waitFor();
  assert.equal(await at.getByRole('button', { name: 'Close the poll', exact: true }).count(), 0);
  await of.getByRole('button', { name: 'Close the poll', exact: true }).click();
  await at.getByText('Closed').waitFor();
  assert.equal(await at.getByRole('radio', { name: /Friday/ }).isDisabled(), true);

  await a.room('Plans').choose('New poll');
  await a.desk.dialog.getByLabel('Question', { exact: true }).fill('What shall we eat?');
  await a.desk.dialog.getByLabel('Choices', { exact: true }).fill('Soup\nBread\nCheese');
  await a.desk.dialog.getByRole('checkbox', { name: 'Several may be chosen' }).check();
  await a.desk.dialog.getByRole('checkbox', { name: 'Nobody is told who chose what' }).check();
  await a.desk.dialog.getByRole('button', { name: 'Ask', exact: true }).click();
  const [meal, there] = [poll(a, 'What shall we eat?'), poll(w, 'What shall we eat?')];
  await there.getByRole('checkbox', { name: /Soup/ }).waitFor();
  // Faster than the server answers.
  await there.getByRole('checkbox').evaluateAll((boxes) => { boxes[0].click(); boxes[2].click(); });
  const counts = () => meal.locator('.poll__count').allInnerTexts();
  await eventually(async () => assert.deepEqual(await counts(), ['1', '0', '1']), 'both choices');
  await meal.getByText('1 person voted · Anonymous').waitFor();
  await w.open(`/r/${plans.id}`);
  await eventually(async () => assert.equal(await there.getByRole('checkbox', { name: /Cheese/ }).isChecked(), true), 'one\'s own vote');
  assert.equal(await there.getByRole('checkbox', { name: /Soup/ }).isChecked(), true, 'the first choice');
  assert.equal(await there.getByRole('checkbox', { name: /Bread/ }).isChecked(), false);
});

walk('commands are offered, carried out, or said to be none', async (house) => {
  const [ada] = await house.settle(ADA, WEN);
  const plans = await ada.makeRoom('Plans');
  const a = await house.at(ada, `/r/${plans.id}`);
  const room = a.room('Plans');
  await room.isOpen();
  await room.composer.pressSequentially('/to');
  await a.page.getByRole('option', { name: /Set the room’s topic/ }).waitFor();
  await a.page.keyboard.press('Tab');
  await room.composer.pressSequentially('Everything until Friday');
  await a.page.keyboard.press('Enter');
  await room.event('Ada Obi set the topic: Everything until Friday').waitFor();
  await room.composer.fill('/nonsense here');
  await a.page.keyboard.press('Enter');
  const toast = a.desk.toast('There is no command /nonsense.');
  await toast.getByRole('button', { name: 'Send as text', exact: true }).click();
  await room.hears('/nonsense here');
  await eventually(async () => assert.equal(await room.composer.inputValue(), ''), 'the box empty');
  await room.composer.fill('/remind me in 5 hours to go home');
  await a.page.keyboard.press('Enter');
  await a.desk.toast('You will be reminded').waitFor();
  await eventually(async () => assert.equal(await room.composer.inputValue(), ''), 'the box empty');
  await room.composer.fill('/later tomorrow at 9 Good morning');
  await a.page.keyboard.press('Enter');
  await a.desk.toast('It will be sent').waitFor();
  await a.desk.link('Later').click();
  const main = a.page.getByRole('main');
  await main.getByText('go home', { exact: true }).waitFor();
  await main.getByRole('button', { name: 'Done', exact: true }).click();
  await main.getByText('go home', { exact: true }).waitFor({ state: 'detached' });
  await main.getByRole('button', { name: 'Send now', exact: true }).click();
  await main.getByText('Good morning', { exact: true }).waitFor({ state: 'detached' });
  await a.desk.openRoom('Plans');
  await room.hears('Good morning');
});

walk('a draft is on one\'s other device, until it is sent', async (house) => {
  const [ada] = await house.settle(ADA, WEN);
  const plans = await ada.makeRoom('Plans');
  const a = await house.at(ada, `/r/${plans.id}`);
  const phone = await house.at(ada, `/r/${plans.id}`, { size: PHONE, touch: true });
  await a.room('Plans').isOpen();
  await phone.room('Plans').isOpen();
  // What it answers comes along.
  await ada.say(plans, 'Which day?');
  await a.room('Plans').act('Which day?', 'Reply');
  await a.room('Plans').composer.fill('Begun at the desk');
  await phone.page.locator('.ctx').getByText('Which day?').waitFor();
  await eventually(async () => assert.equal(await phone.room('Plans').composer.inputValue(), 'Begun at the desk'), 'the draft');
  await phone.room('Plans').composer.fill('Begun at the desk, ended on the way');
  await eventually(async () => assert.equal(await a.room('Plans').composer.inputValue(), 'Begun at the desk, ended on the way'), 'the newer draft');
  await a.page.keyboard.press('Enter');
  await phone.room('Plans').hears('Begun at the desk, ended on the way');
  await eventually(async () => assert.equal(await phone.room('Plans').composer.inputValue(), ''), 'sent');
  assert.equal(await phone.page.locator('.ctx').count(), 0);
});

walk('what is written is sent when one chooses, and can be changed until then', async (house) => {
  const [ada] = await house.settle(ADA, WEN);
  const plans = await ada.makeRoom('Plans');
  const a = await house.at(ada, `/r/${plans.id}`);
  const room = a.room('Plans');
  await room.isOpen();
  const later = a.page.getByRole('button', { name: 'Send later', exact: true });
  assert.ok(await later.isDisabled(), 'nothing to send');
  await room.composer.fill('Good morning all');
  await later.click();
  await a.screenshot('send-later');
  await a.desk.dialog.getByRole('button', { name: /^Tomorrow morning/ }).click();
  await a.desk.toast('It will be sent').waitFor();
  await eventually(async () => assert.equal(await room.composer.inputValue(), ''), 'the box empty');
  await room.composer.fill('/me waves');
  await later.click();
  await a.desk.toast('A command is carried out at once').waitFor();
  await room.composer.fill('Happy new year');
  await later.click();
  const year = new Date().getFullYear() + 1;
  await a.desk.dialog.getByLabel('Day', { exact: true }).fill(`${year - 2}-01-01`);
  await a.desk.dialog.getByRole('button', { name: 'Choose this time', exact: true }).click();
  await a.desk.dialog.getByRole('alert').filter({ hasText: /./ }).waitFor();
  await a.desk.dialog.getByLabel('Day', { exact: true }).fill(`${year}-01-01`);
  await a.desk.dialog.getByLabel('Time', { exact: true }).fill('00:01');
  await a.page.keyboard.press('Enter');
  await a.desk.toast(`1 January ${year}`).waitFor();

  await a.desk.link('Later').click();
  const card = (words) => a.page.getByRole('main').getByRole('listitem').filter({ hasText: words });
  await card('Happy new year').getByText(`1 January ${year}`).waitFor();
  await card('Good morning all').getByRole('button', { name: 'Edit', exact: true }).click();
  const main = a.page.getByRole('main');
  await main.getByRole('textbox', { name: 'Message', exact: true }).fill('Good evening all');
  await main.getByLabel('Day', { exact: true }).fill(`${year}-02-03`);
  await main.getByLabel('Time', { exact: true }).fill('18:30');
  await a.screenshot('later-editing');
  await main.getByRole('button', { name: 'Save', exact: true }).click();
  await card('Good evening all').getByText(`3 February ${year} at 18:30`).waitFor();
  assert.equal(await main.getByText('Good morning all').count(), 0);
});

walk('an answer that is sent later is an answer when it comes', async (house) => {
  const [ada, wen] = await house.settle(ADA, WEN);
  const plans = await ada.makeRoom('Plans');
  await ada.add(plans, wen);
  await wen.say(plans, 'Which day?');
  const a = await house.at(ada, `/r/${plans.id}`);
  const room = a.room('Plans');
  await room.hears('Which day?');
  await room.act('Which day?', 'Reply');
  await room.composer.fill('Friday');
  await a.page.getByRole('button', { name: 'Send later', exact: true }).click();
  await a.desk.dialog.getByRole('button', { name: /^Tomorrow morning/ }).click();
  await a.desk.toast('It will be sent').waitFor();
  await a.page.locator('.ctx').waitFor({ state: 'detached' });
  await a.desk.link('Later').click();
  await a.page.getByRole('button', { name: 'Send now', exact: true }).click();
  await a.page.getByText('Friday', { exact: true }).waitFor({ state: 'detached' });
  const w = await house.at(wen, `/r/${plans.id}`);
  await w.room('Plans').hears('Friday');
  const answer = w.room('Plans').log.getByRole('article').filter({ hasText: 'Friday' });
  await answer.getByText('Which day?').waitFor();
});

walk('one is reminded of a message', async (house) => {
  const [ada, wen] = await house.settle(ADA, WEN);
  const plans = await ada.makeRoom('Plans');
  await ada.add(plans, wen);
  await wen.say(plans, 'Answer me by **tonight**');
  const a = await house.at(ada, `/r/${plans.id}`);
  await a.room('Plans').hears('Answer me by');
  await a.room('Plans').act('Answer me by', 'Remind me');
  await a.desk.dialog.getByRole('button', { name: /^In an hour/ }).click();
  await a.desk.toast('You will be reminded').waitFor();
  await a.desk.link('Later').click();
  await a.page.getByRole('main').getByText('Answer me by tonight', { exact: true }).waitFor();
  await a.page.getByRole('main').getByRole('link', { name: 'Plans', exact: true }).click();
  await a.room('Plans').hears('Answer me by');
});
