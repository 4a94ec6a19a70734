// Talking: rooms of every kind, what others do meanwhile, and what is counted.

import assert from 'node:assert/strict';
import { eventually } from '../support/conditions.mjs';
import { walk } from '../support/house.mjs';

const ADA = { nick: 'ada', name: 'Ada Obi' };
const WEN = { nick: 'wen', name: 'Wen Zhou' };
const NOOR = { nick: 'noor', name: 'Noor Haddad' };

walk('people talk in an open and in a closed room, and nobody else can tell that it exists', async (house) => {
  const [ada, wen, noor] = await house.settle(ADA, WEN, NOOR);
  const [a, w, n] = [await house.at(ada), await house.at(wen), await house.at(noor)];
  await a.room('General').isOpen();

  const open = await a.desk.makeRoom({ name: 'Launch week', topic: 'Everything until Friday', kind: 'open' });
  await open.say('The door is open');
  await w.browse.at();
  const launch = await w.browse.join('Launch week');
  await launch.hears('The door is open');
  await launch.say('Thanks, I am in');
  await open.hears('Thanks, I am in');

  const closed = await a.desk.makeRoom({ name: 'Salaries', kind: 'closed' });
  await closed.openMembers();
  await closed.members.getByRole('button', { name: 'Add people' }).first().click();
  await a.page.getByRole('combobox', { name: 'Find people', exact: true }).fill('Wen');
  await a.page.getByRole('option', { name: /Wen Zhou/ }).click();
  await a.page.getByRole('button', { name: 'Add', exact: true }).click();
  await closed.say('Between us');
  const salaries = await w.desk.openRoom('Salaries');
  await salaries.hears('Between us');

  await n.browse.at();
  await n.browse.row('Launch week').waitFor();
  assert.equal(await n.browse.row('Salaries').count(), 0);
  await n.open(new URL(a.page.url()).pathname);
  await n.page.getByRole('heading', { name: 'Nothing here' }).waitFor();
  const refusal = await n.page.getByRole('main').innerText();
  await n.open('/r/0198f3a0-0000-7000-8000-000000000000');
  await n.page.getByRole('heading', { name: 'Nothing here' }).waitFor();
  assert.equal(await n.page.getByRole('main').innerText(), refusal);
});

walk('a direct message waits for whoever is away, and then was seen', async (house) => {
  const [ada, wen] = await house.settle(ADA, WEN);
  const a = await house.at(ada);
  await a.room('General').isOpen();
  const direct = await a.desk.talkTo('Wen Zhou');
  await direct.say('When you are back: the boat is here');
  await direct.hears('the boat is here');
  await direct.log.getByText('Waiting for Wen Zhou').waitFor();

  const w = await house.at(wen);
  await eventually(async () => assert.match(await w.page.title(), /^\(1\) /), 'a count in the title');
  const received = await w.desk.openRoom('Ada Obi');
  await received.hears('the boat is here');
  await direct.log.getByText('Seen', { exact: true }).waitFor();
  await received.say('On my way');
  await direct.hears('On my way');
});

walk('one sees who is here and who is typing', async (house) => {
  const [ada, wen] = await house.settle(ADA, WEN);
  const direct = await ada.direct(wen);
  const a = await house.at(ada, `/r/${direct.id}`);
  await a.room('Wen Zhou').isOpen();
  await eventually(async () => assert.match(await a.desk.says('Wen Zhou'), /\boff\b/), 'Wen shown as off');

  const w = await house.at(wen, `/r/${direct.id}`);
  await w.room('Ada Obi').isOpen();
  await eventually(async () => assert.match(await a.desk.says('Wen Zhou'), /\bhere\b/), 'Wen shown as here');
  await w.room('Ada Obi').composer.pressSequentially('I am about to');
  await a.page.getByRole('status').filter({ hasText: 'Wen Zhou is typing' }).waitFor();
  await w.room('Ada Obi').composer.press('Enter');
  await a.room('Wen Zhou').hears('I am about to');
  await a.page.getByRole('status').filter({ hasText: 'Wen Zhou is typing' }).waitFor({ state: 'detached' });

  await w.settings.at();
  await w.settings.choice('Do not disturb').check();
  await eventually(
    async () => assert.match(await a.desk.says('Wen Zhou'), /do not disturb/), 'Wen not to be disturbed',
  );
});

walk('what is unread is bold and counted, the same on every device, and read once for all', async (house) => {
  const [ada, wen] = await house.settle(ADA, WEN);
  const general = await ada.roomNamed('General');
  const plans = await ada.makeRoom('Plans');
  await ada.add(plans, wen);
  const direct = await ada.direct(wen);
  const desk = await house.at(wen, `/r/${general.id}`);
  const laptop = await house.at(wen, `/r/${general.id}`);
  await desk.room('General').isOpen();
  await laptop.room('General').isOpen();

  await ada.say(plans, 'Friday at ten');
  await ada.say(plans, '@wen can you come?');
  await ada.say(direct, 'One');
  await ada.say(direct, 'Two');
  for (const device of [desk, laptop]) {
    await eventually(async () => {
      assert.equal(await device.desk.badge('Plans'), '1');
      assert.equal(await device.desk.badge('Ada Obi'), '2');
      assert.match(await device.page.title(), /^\(3\) /);
    }, 'counts of what is new');
    assert.ok(await device.desk.isBold('Plans'));
    assert.ok(!(await device.desk.isBold('Announcements')));
    assert.match(await device.desk.says('Plans'), /1 mention/);
    assert.match(await device.desk.says('Ada Obi'), /2 new messages/);
  }

  const room = await desk.desk.openRoom('Plans');
  await room.hears('can you come?');
  await room.log.getByText(/^2 new since/).waitFor();
  // Seen for a moment is not read: one stays until it is.
  await eventually(async () => assert.ok(!(await desk.desk.isUnread('Plans'))), 'the room read');
  await desk.desk.openRoom('Ada Obi');
  for (const device of [desk, laptop]) {
    await eventually(async () => {
      assert.equal(await device.desk.badge('Plans'), '');
      assert.equal(await device.desk.badge('Ada Obi'), '');
      assert.doesNotMatch(await device.page.title(), /^\(/);
      assert.ok(!(await device.desk.isBold('Plans')));
    }, 'nothing left to read');
  }
});

walk('one can mark a message unread again', async (house) => {
  const [ada, wen] = await house.settle(ADA, WEN);
  const plans = await ada.makeRoom('Plans');
  await ada.add(plans, wen);
  for (const text of ['First', 'Second', 'Third']) await ada.say(plans, text);
  const w = await house.at(wen, `/r/${plans.id}`);
  await eventually(async () => assert.ok(!(await w.desk.isUnread('Plans'))), 'all read');
  await w.room('Plans').act('Second', 'Mark unread from here');
  await eventually(async () => assert.ok(await w.desk.isUnread('Plans')), 'unread again');
  const markers = async () => (await wen.ask('GET', `rooms/${plans.id}`)).membership;
  assert.ok((await markers()).counts.read < (await ada.ask('GET', `rooms/${plans.id}`)).head);
});

walk('whatever is typed is shown as it was typed, and only links are links', async (house) => {
  const [ada] = await house.settle(ADA);
  const a = await house.at(ada);
  const room = a.room('General');
  await room.isOpen();
  const dangerous = [
    '<img src=x onerror="document.title=1">',
    '<script>document.title = 2</script>',
    '"><svg/onload=document.title=3>',
    '[press](javascript:document.title=4) javascript:document.title=5',
    '{{constructor.constructor("document.title=6")()}}',
  ];
  for (const text of dangerous) {
    await room.say(text);
    await room.hears(text);
  }
  assert.equal(await room.log.locator('img, script, svg[onload], a[href^="javascript" i]').count(), 0);
  assert.match(await a.page.title(), /General/);

  await room.say('See https://example.org/a?b=1, or `let a = "<b>";`');
  const link = room.log.getByRole('link', { name: 'https://example.org/a?b=1' });
  await link.waitFor();
  assert.match(await link.getAttribute('rel'), /noopener/);
  assert.equal(await room.log.locator('code').last().innerText(), 'let a = "<b>";');

  await room.composer.fill('```html\n<p onclick="x()">two\nlines</p>\n```');
  await room.send.click();
  await eventually(
    async () => assert.equal(await room.log.locator('pre').innerText(), '<p onclick="x()">two\nlines</p>'),
    'the code as it was typed',
  );
});

walk('a name is shown as it was typed, everywhere', async (house) => {
  const [ada, eve] = await house.settle(ADA, { nick: 'eve', name: '<b>Eve</b>' });
  const general = await ada.roomNamed('General');
  await eve.say(general, 'It is me');
  const room = await ada.makeRoom('<i>Odd</i> & "room"', 'open', '<u>topic</u>');
  const a = await house.at(ada, `/r/${general.id}`);
  await a.room('General').hears('<b>Eve</b>');
  await a.desk.openRoom('<i>Odd</i> & "room"');
  await a.page.getByText('<u>topic</u>').first().waitFor();
  assert.equal(await a.page.locator('main :is(i, u)').filter({ hasText: /Odd|topic/ }).count(), 0);
  assert.ok(room.id);
});

walk('one\'s own message is on the screen at once, and with the others within a moment', async (house) => {
  const [ada, wen] = await house.settle(ADA, WEN);
  const [a, w] = [await house.at(ada), await house.at(wen)];
  await a.room('General').isOpen();
  await w.room('General').isOpen();
  await a.room('General').composer.fill('How fast is this?');
  const frames = await a.page.evaluate(async () => {
    const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
    await frame();
    document.querySelector('form.composer').requestSubmit();
    for (let frames = 1; frames < 60; frames += 1) {
      await frame();
      if (document.querySelector('[role=log]').textContent.includes('How fast is this?')) return frames;
    }
    return Infinity;
  });
  assert.ok(frames <= 2, `it took ${frames} frames`);
  await w.room('General').hears('How fast is this?');
});

walk('a message that becomes too long is counted, and never cut', async (house) => {
  const [ada] = await house.settle(ADA);
  const a = await house.at(ada);
  const room = a.room('General');
  await room.isOpen();
  const long = 'word '.repeat(3_200);
  await room.composer.fill(`${long}!`);
  await a.page.getByText('1 character too many').waitFor();
  assert.ok(await room.send.isDisabled());
  await room.composer.press('Enter');
  assert.equal(await room.composer.inputValue(), `${long}!`);
  await room.composer.fill(long.trimEnd());
  await a.page.getByText('1 character left').waitFor();
  await room.send.click();
  await eventually(async () => {
    const [message] = await ada.messages(await ada.roomNamed('General'));
    assert.equal(message.body.length, 15_999);
  }, 'the whole message');
});
