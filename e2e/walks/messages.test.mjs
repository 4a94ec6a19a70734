// What people do with a message: change it, take it back, react to it, answer it, pin it.

import assert from 'node:assert/strict';
import { eventually } from '../support/conditions.mjs';
import { PHONE } from '../support/person.mjs';
import { walk } from '../support/house.mjs';

const ADA = { nick: 'ada', name: 'Ada Obi' };
const WEN = { nick: 'wen', name: 'Wen Zhou' };
const FAST = { arguments: ['--message-rate', '100000', '--message-burst', '100000'] };

async function together(house) {
  const [ada, wen] = await house.settle(ADA, WEN);
  const general = await ada.roomNamed('General');
  const [a, w] = [await house.at(ada, `/r/${general.id}`), await house.at(wen, `/r/${general.id}`)];
  const [atAda, atWen] = [a.room('General'), w.room('General')];
  await atAda.isOpen();
  await atWen.isOpen();
  return { ada, wen, general, a, w, atAda, atWen };
}

walk('one changes what one has said, everybody sees it, and what it said before', async (house) => {
  const { a, atAda, atWen } = await together(house);
  await atAda.say('The boat leaves at nien');
  await atWen.hears('at nien');
  await atAda.composer.press('ArrowUp');
  await a.page.getByText('Editing a message').waitFor();
  await eventually(async () => assert.equal(await atAda.composer.inputValue(), 'The boat leaves at nien'), 'the words');
  await atAda.composer.fill('The boat leaves at nine');
  await atAda.composer.press('Enter');
  await atWen.hears('The boat leaves at nine');
  assert.equal(await atWen.message('at nien').count(), 0);
  assert.equal(await atAda.composer.inputValue(), '');
  await atAda.hears('The boat leaves at nine');

  await atWen.message('at nine').getByRole('button', { name: 'edited' }).click();
  const before = atWen.page.getByRole('dialog', { name: 'What it said before' });
  await before.getByText('The boat leaves at nien').waitFor();
  await atWen.page.keyboard.press('Escape');

  // Nobody changes somebody else's, and leaving the box changes nothing.
  await atWen.toolbar('at nine');
  await atWen.message('at nine').getByRole('button', { name: 'More', exact: true }).click();
  await atWen.page.getByRole('menuitem', { name: 'Reply', exact: true }).waitFor({ state: 'detached' });
  assert.equal(await atWen.page.getByRole('menuitem', { name: 'Edit', exact: true }).count(), 0);
  await atWen.page.keyboard.press('Escape');
  await atAda.composer.fill('Half a thought');
  await atAda.act('at nine', 'Edit');
  await eventually(async () => assert.equal(await atAda.composer.inputValue(), 'The boat leaves at nine'));
  await atAda.composer.fill('something else');
  await atAda.composer.press('Escape');
  await eventually(async () => assert.equal(await atAda.composer.inputValue(), 'Half a thought'));
  // What was given up is not offered again.
  await atAda.act('at nine', 'Edit');
  await eventually(async () => assert.equal(await atAda.composer.inputValue(), 'The boat leaves at nine'));
  await atAda.composer.press('Escape');
  await eventually(async () => assert.equal(await atAda.composer.inputValue(), 'Half a thought'));
  await atAda.hears('at nine');
});

walk('a change made without a connection waits, survives a reload and arrives', async (house) => {
  const [ada, wen] = await house.settle(ADA, WEN);
  const general = await ada.roomNamed('General');
  await ada.say(general, 'First words');
  const a = await house.at(ada, `/r/${general.id}`, { travels: true });
  const room = a.room('General');
  await room.hears('First words');
  await a.goOffline();
  await a.desk.connection.getByText('No connection.').waitFor();
  await room.act('First words', 'Edit');
  await eventually(async () => assert.equal(await room.composer.inputValue(), 'First words'), 'the words');
  await room.composer.fill('Second words');
  await room.composer.press('Enter');
  await room.hears('Second words');
  await room.log.getByText('Waiting for connection').waitFor();
  await a.comeBack();
  const w = await house.at(wen, `/r/${general.id}`);
  await w.room('General').hears('Second words');
  await room.log.getByText('Waiting for connection').waitFor({ state: 'detached' });
  const [message] = await ada.messages(general);
  assert.equal(message.body, 'Second words');
});

walk('one takes back what one said, a moderator what others said, and its place stays', async (house) => {
  const { a, w, atAda, atWen } = await together(house);
  await atWen.say('Too early');
  await atAda.hears('Too early');
  await atWen.act('Too early', 'Remove…');
  const question = w.page.getByRole('dialog', { name: 'Remove this message?' });
  await question.getByText('Too early').waitFor();
  await question.getByRole('button', { name: 'Remove message', exact: true }).click();
  for (const room of [atAda, atWen]) {
    await room.hears('Message removed by its author.');
    assert.equal(await room.message('Too early').count(), 0);
  }
  await atWen.say('Rude words');
  await atAda.hears('Rude words');
  // Ada made the place, and with it its first room.
  await atAda.act('Rude words', 'Remove…');
  await a.page.getByRole('button', { name: 'Remove message', exact: true }).click();
  await atWen.hears('Message removed by Ada Obi.');
  await w.page.reload();
  await atWen.hears('Message removed by Ada Obi.');
  await atWen.hears('Message removed by its author.');
});

walk('people react to a message, see who did, and take it back', async (house) => {
  const { a, w, atAda, atWen } = await together(house);
  await atAda.say('We ship on Thursday');
  await atWen.hears('We ship');
  await (await atWen.toolbar('We ship')).getByRole('button', { name: 'React with 👍' }).click();
  await atAda.reaction('We ship', /^👍 \d: Wen Zhou$/).waitFor();
  const mine = atWen.reaction('We ship', /^👍 \d: you$/);
  await mine.waitFor();
  assert.equal(await mine.getAttribute('aria-pressed'), 'true');

  await atAda.reaction('We ship', /^👍/).click();
  await atWen.reaction('We ship', /^👍 \d: you and Ada Obi$/).waitFor();
  await atWen.reaction('We ship', /^👍/).click();
  await atAda.reaction('We ship', /^👍 \d: you$/).waitFor();

  // Another one from the picker, by the keyboard alone.
  await atAda.composer.press('Shift+ArrowUp');
  await eventually(() => a.page.evaluate(() => document.activeElement.matches('article')), 'the message focused');
  await a.page.keyboard.press('+');
  await a.page.getByRole('searchbox', { name: 'Search emoji' }).fill('tada');
  await a.page.getByRole('gridcell').first().waitFor();
  await a.page.keyboard.press('Enter');
  await atWen.reaction('We ship', /^🎉 \d: Ada Obi$/).waitFor();
  await a.screenshot('reactions');
  // What one reacts with most is offered first.
  await atAda.composer.focus();
  await a.page.mouse.move(1, 1);
  await atAda.messages.getByRole('toolbar').waitFor({ state: 'detached' });
  const offered = (await atAda.toolbar('We ship')).getByRole('button', { name: /^React with/ });
  await eventually(async () => assert.equal((await offered.first().innerText()).trim(), '🎉'), 'the first one offered');
  await w.page.reload();
  await atWen.reaction('We ship', /^🎉 \d: Ada Obi$/).waitFor();
});

walk('an answer shows what it answers, leads there, and says when that is gone', async (house) => {
  const { ada, general, a, w, atAda, atWen } = await together(house);
  await atAda.say('Who listens to the recording?');
  await atWen.hears('Who listens');
  for (let number = 1; number <= 60; number += 1) await ada.say(general, `Something else ${number}`);
  await atWen.hears('Something else 60');
  const first = w.page.getByRole('article').filter({ hasText: 'Who listens' });
  await atWen.log.focus();
  await w.page.keyboard.press('Home');
  await eventually(async () => {
    await w.page.keyboard.press('Home');
    assert.ok(await first.isVisible());
  }, 'the first message');
  await atWen.act('Who listens', 'Reply');
  await w.page.locator('.ctx').getByText('Reply to Ada Obi').waitFor();
  // What is answered is kept with what is typed.
  await atWen.composer.fill('I do');
  await eventually(async () => {
    const kept = await w.page.evaluate(() => Object.values(localStorage).join());
    assert.match(kept, /"reply_to"/);
  }, 'the draft');
  await w.page.reload();
  await w.page.locator('.ctx').getByText('Reply to Ada Obi').waitFor();
  await atWen.composer.press('Enter');

  await atAda.hears('I do');
  const quote = atAda.message('I do').getByRole('button', { name: /Who listens/ });
  await quote.click();
  await atAda.message(/^(?!.*I do).*Who listens/s).first().waitFor();
  await eventually(
    () => a.page.evaluate(() => document.activeElement.textContent.includes('Who listens to the recording?')),
    'the focus on what was answered',
  );
  await ada.command('delete_message', { room: general.id, message: (await ada.messages(general))[0].seq });
  await w.page.keyboard.press('End');
  await atWen.message('I do').getByRole('button', { name: /This message was removed/ }).waitFor();
}, FAST);

walk('what changes out of view is right when one comes to it', async (house) => {
  const [ada, wen] = await house.settle(ADA, WEN);
  const general = await ada.roomNamed('General');
  const early = await ada.say(general, 'An early word');
  const second = await ada.say(general, 'A second word');
  for (let number = 1; number <= 400; number += 1) await ada.say(general, `No. ${String(number).padStart(4, '0')}`);
  const w = await house.at(wen, `/r/${general.id}`);
  const room = w.room('General');
  await wen.command('mark_read', { room: general.id, seq: 10_000 });
  await w.page.reload();
  await room.hears('No. 0400');
  await ada.command('edit_message', { room: general.id, message: early.seq, body: 'An edited word' });
  await ada.command('add_reaction', { room: general.id, message: early.seq, emoji: '👍' });
  await ada.command('delete_message', { room: general.id, message: second.seq });
  await ada.say(general, 'The end');
  await room.hears('The end');
  const box = await room.log.boundingBox();
  await w.page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
  await eventually(async () => {
    await w.page.mouse.wheel(0, -4_000);
    assert.ok(await room.message('An edited word').isVisible());
  }, 'the early words', 60_000);
  await room.reaction('An edited word', /^👍 \d: Ada Obi$/).waitFor();
  assert.equal(await room.message('A second word').count(), 0);
  // And while one looks at it.
  await ada.command('edit_message', { room: general.id, message: early.seq, body: 'Edited once more' });
  await room.hears('Edited once more');
}, FAST);

walk('on a phone a long press offers the same', async (house) => {
  const [ada, wen] = await house.settle(ADA, WEN);
  const general = await ada.roomNamed('General');
  await ada.say(general, 'Press me');
  const w = await house.at(wen, `/r/${general.id}`, { touch: true, size: PHONE });
  const room = w.room('General');
  await room.hears('Press me');
  const press = async () => {
    const box = await room.body('Press me').boundingBox();
    const at = { x: box.x + 20, y: box.y + 8 };
    const session = await w.context.newCDPSession(w.page);
    await session.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints: [at] });
    await w.page.getByRole('dialog', { name: 'Ada Obi' }).waitFor();
    await session.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] });
  };
  await press();
  const sheet = w.page.getByRole('dialog', { name: 'Ada Obi' });
  await w.screenshot('message-sheet');
  await sheet.getByRole('button', { name: 'React with 🎉' }).click();
  await room.reaction('Press me', /^🎉 \d: you$/).waitFor();
  await press();
  await sheet.getByRole('button', { name: 'Reply', exact: true }).click();
  await w.page.locator('.ctx').getByText('Reply to Ada Obi').waitFor();
});

walk('on a phone a message is answered by drawing it aside', async (house) => {
  const [ada, wen] = await house.settle(ADA, WEN);
  const general = await ada.roomNamed('General');
  await ada.say(general, 'Draw me');
  await ada.say(general, '```\nleave me\n```');
  const w = await house.at(wen, `/r/${general.id}`, { touch: true, size: PHONE, calm: false });
  const room = w.room('General');
  await room.hears('Draw me');
  const session = await w.context.newCDPSession(w.page);
  const draw = async (element, from, by, look = async () => {}) => {
    const box = await element.boundingBox();
    const y = box.y + box.height / 2;
    const touch = (type, touchPoints) => session.send('Input.dispatchTouchEvent', { type, touchPoints });
    await touch('touchStart', [{ x: from, y }]);
    for (const share of [0.25, 0.5, 0.75, 1]) await touch('touchMove', [{ x: from + by.x * share, y: y + by.y * share }]);
    await look();
    await touch('touchEnd', []);
  };
  const answering = w.page.locator('.ctx').getByText('Reply to Ada Obi');
  const drawn = w.page.locator('.msg[data-aside]');
  // Not far enough; down, as one scrolls; from the edge, which leads back; over code, which scrolls.
  await draw(room.body('Draw me'), 120, { x: 40, y: 0 }, () => drawn.waitFor());
  await draw(room.body('Draw me'), 120, { x: 40, y: 100 });
  await draw(room.body('Draw me'), 12, { x: 120, y: 0 });
  await draw(w.page.locator('.log pre'), 120, { x: 120, y: 0 });
  await drawn.waitFor({ state: 'detached' });
  assert.equal(await answering.count(), 0);
  await draw(room.body('Draw me'), 120, { x: 120, y: 4 }, () => w.screenshot('message-drawn-aside'));
  await answering.waitFor();
  await drawn.waitFor({ state: 'detached' });
});

walk('words are formatted by a key or a press, and emoji come by their names', async (house) => {
  const { a, atAda, atWen } = await together(house);
  await atAda.composer.fill('on Thursday');
  await atAda.composer.press('Control+a');
  await a.page.keyboard.press('Control+b');
  assert.equal(await atAda.composer.inputValue(), '**on Thursday**');
  await a.page.keyboard.press('Control+b');
  assert.equal(await atAda.composer.inputValue(), 'on Thursday');
  await a.page.getByRole('button', { name: 'Formatting', exact: true }).click();
  await a.page.getByRole('toolbar', { name: 'Formatting' }).getByRole('button', { name: 'Italic' }).click();
  assert.equal(await atAda.composer.inputValue(), '_on Thursday_');
  await atAda.composer.press('End');
  await atAda.composer.pressSequentially(' :tad');
  await a.page.getByRole('option', { name: /party popper/ }).waitFor();
  await a.page.keyboard.press('Enter');
  assert.equal(await atAda.composer.inputValue(), '_on Thursday_ 🎉 ');
  await a.page.keyboard.press('Enter');
  await atWen.log.locator('em').getByText('on Thursday').waitFor();
});
