// Nothing lost, nothing twice, nothing out of order.

import assert from 'node:assert/strict';
import { eventually } from '../support/conditions.mjs';
import { walk } from '../support/house.mjs';
import { NO_SERVER } from '../support/troubles.mjs';
import { heldExactly, numbered } from '../support/whole.mjs';

const ADA = { nick: 'ada', name: 'Ada Obi' };
const WEN = { nick: 'wen', name: 'Wen Zhou' };

walk('a server killed while people type and send loses nothing and doubles nothing', async (house) => {
  const [ada, wen] = await house.settle(ADA, WEN);
  const general = await ada.roomNamed('General');
  const [a, w] = [await house.at(ada, `/r/${general.id}`), await house.at(wen, `/r/${general.id}`)];
  for (const person of [a, w]) {
    person.troubles.expect(NO_SERVER);
    await person.room('General').isOpen();
  }
  const texts = numbered(1, 24);
  for (const [index, text] of texts.entries()) {
    // In the middle of what is on its way, both times.
    if (index === 8 || index === 16) {
      await house.server.kill();
      if (index === 16) await w.room('General').composer.fill('I was just saying');
    }
    if (index === 11 || index === 19) await house.server.startAgain();
    await a.room('General').say(text);
  }
  await a.room('General').composer.fill('and then');

  for (const person of [a, w]) await person.room('General').endsWith(...texts);
  assert.equal(await a.room('General').composer.inputValue(), 'and then');
  assert.equal(await w.room('General').composer.inputValue(), 'I was just saying');
  await heldExactly(ada, general, texts);

  // Also for those who come afterwards.
  await w.page.reload();
  await w.room('General').endsWith(...texts);
  assert.equal(await w.room('General').composer.inputValue(), 'I was just saying');
  await w.room('General').composer.press('Enter');
  await a.room('General').endsWith('Message 024', 'I was just saying');
}, { timeout: 120_000 });

walk('a draft stays where it was written, through a reload and another room', async (house) => {
  const [ada] = await house.settle(ADA);
  const general = await ada.roomNamed('General');
  const plans = await ada.makeRoom('Plans');
  const a = await house.at(ada, `/r/${general.id}`);
  await a.room('General').composer.fill('Half a thought,\nand the other');
  await a.desk.openRoom('Plans');
  assert.equal(await a.room('Plans').composer.inputValue(), '');
  await a.room('Plans').composer.fill('Another');
  await eventually(async () => assert.match(await a.desk.says('General'), /draft/), 'the draft in the list');
  await a.page.reload();
  await a.room('Plans').isOpen();
  await eventually(async () => assert.equal(await a.room('Plans').composer.inputValue(), 'Another'), 'the draft');
  await a.desk.openRoom('General');
  assert.equal(await a.room('General').composer.inputValue(), 'Half a thought,\nand the other');
  await a.room('General').send.click();
  await a.room('General').hears('and the other');
  assert.equal(await a.room('General').composer.inputValue(), '');
  await a.desk.openRoom('Plans');
  assert.equal(await a.room('Plans').composer.inputValue(), 'Another');
  assert.ok(plans.id);
});

walk('signing out asks when something is unsent, and then leaves nothing behind', async (house) => {
  const [ada, wen] = await house.settle(ADA, WEN);
  const general = await ada.roomNamed('General');
  const a = await house.at(ada, `/r/${general.id}`, { travels: true });
  await a.room('General').composer.fill('A secret draft');
  // What a page rests for a second to fetch is here before the connection goes.
  await a.desk.sidebar.getByRole('link', { name: /Settings|Your account/ }).first().click();
  await a.settings.signOut.waitFor();
  await a.desk.openRoom('General');
  await a.goOffline();
  await a.room('General').say('A secret message');
  await a.room('General').log.getByText('Waiting for connection').waitFor();
  await a.room('General').composer.fill('A secret draft');
  await a.desk.sidebar.getByRole('link', { name: /Settings|Your account/ }).first().click();
  await a.settings.signOut.click();
  await a.desk.dialog.getByText('1 message has not gone out yet').waitFor();
  await a.desk.dialog.getByRole('button', { name: 'Cancel', exact: true }).click();
  await a.comeBack();
  await eventually(() => heldExactly(ada, general, ['A secret message']), 'the message at the server');
  await a.settings.signOut.click();
  await a.signIn.nick.waitFor();

  const kept = await a.page.evaluate(async () => {
    const local = JSON.stringify(localStorage);
    const databases = [];
    for (const { name } of await indexedDB.databases()) {
      const database = await new Promise((resolve) => {
        const opening = indexedDB.open(name);
        opening.onsuccess = () => resolve(opening.result);
      });
      for (const store of database.objectStoreNames) {
        databases.push(await new Promise((resolve) => {
          const reading = database.transaction(store).objectStore(store).getAll();
          reading.onsuccess = () => resolve(JSON.stringify(reading.result));
        }));
      }
      database.close();
    }
    return local + databases.join();
  });
  assert.doesNotMatch(kept, /secret/);
  await a.signIn.as(wen);
  await a.desk.isReady();
  await a.desk.openRoom('General');
  assert.equal(await a.room('General').composer.inputValue(), '');
});

walk('a message that is refused says why, and does not hold up the next', async (house) => {
  const [ada, wen] = await house.settle(ADA, WEN);
  const direct = await ada.direct(wen);
  const a = await house.at(ada, `/r/${direct.id}`);
  const room = a.room('Wen Zhou');
  await room.isOpen();
  await wen.command('block_person', { user: ada.id });
  await room.say('Are you angry?');
  await room.log.getByText(/^Not sent: This person does not take direct messages/).waitFor();
  await room.log.getByRole('button', { name: 'Edit', exact: true }).click();
  await eventually(async () => assert.equal(await room.composer.inputValue(), 'Are you angry?'), 'the words back');
  assert.equal(await room.message('Are you angry?').count(), 0);
  await room.composer.fill('Sorry');
  await room.composer.press('Enter');
  await room.log.getByText(/^Not sent:/).waitFor();
  await wen.command('unblock_person', { user: ada.id });
  await room.log.getByRole('button', { name: 'Try again', exact: true }).click();
  await room.log.getByText(/^Not sent:/).waitFor({ state: 'detached' });
  await eventually(() => heldExactly(wen, direct, ['Sorry']), 'the message at the server');
});

walk('a planned restart loses nothing, and nobody has to do anything', async (house) => {
  const [ada, wen] = await house.settle(ADA, WEN);
  const general = await ada.roomNamed('General');
  const [a, w] = [await house.at(ada, `/r/${general.id}`), await house.at(wen, `/r/${general.id}`)];
  for (const person of [a, w]) {
    person.troubles.expect(NO_SERVER);
    await person.room('General').isOpen();
  }
  await a.room('General').say('Before');
  await w.room('General').hears('Before');
  await a.room('General').composer.fill('Half a thought');
  assert.equal(await house.server.stop(), 0);
  await w.room('General').say('During');
  await house.server.startAgain();
  await a.room('General').endsWith('Before', 'During');
  await w.room('General').endsWith('Before', 'During');
  assert.equal(await a.room('General').composer.inputValue(), 'Half a thought');
  await heldExactly(ada, general, ['Before', 'During']);
});

walk('whoever writes faster than is allowed loses nothing by it', async (house) => {
  const [ada, wen] = await house.settle(ADA, WEN);
  const general = await ada.roomNamed('General');
  const [a, w] = [await house.at(ada, `/r/${general.id}`), await house.at(wen, `/r/${general.id}`)];
  await w.room('General').isOpen();
  const texts = numbered(1, 14);
  for (const text of texts) await a.room('General').say(text);
  await w.room('General').endsWith(...texts);
  assert.equal(await a.room('General').log.getByText(/^Not sent/).count(), 0);
  await heldExactly(ada, general, texts);
}, { arguments: ['--message-rate', '6', '--message-burst', '4'] });

walk('what is sent in the moment of a reload is sent, once', async (house) => {
  const [ada] = await house.settle(ADA);
  const plans = await ada.makeRoom('Plans');
  const a = await house.at(ada, `/r/${plans.id}`);
  const room = a.room('Plans');
  await room.isOpen();
  const said = numbered(1, 8);
  for (const text of said) {
    await room.composer.fill(text);
    await a.page.keyboard.press('Enter');
    await a.page.reload();
    await room.isOpen();
    await room.hears(text);
  }
  await heldExactly(ada, plans, said);
  const held = () => a.page.evaluate(() => Object.keys(localStorage).filter((key) => key.startsWith('hubbub.held/')));
  await eventually(async () => assert.deepEqual(await held(), []), 'nothing left behind');
});
