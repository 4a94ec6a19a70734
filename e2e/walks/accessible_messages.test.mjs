// Everything that is done with messages, for everybody: by axe, in both themes and on a phone.

import assert from 'node:assert/strict';
import { equip, violations } from '../support/axe.mjs';
import { PHONE } from '../support/person.mjs';
import { walk } from '../support/house.mjs';

const ADA = { nick: 'ada', name: 'Ada Obi' };
const WEN = { nick: 'wen', name: 'Wen Zhou' };
const NOOR = { nick: 'noor', name: 'Noor Haddad' };

async function livedIn(house) {
  const [ada, wen, noor] = await house.settle(ADA, WEN, NOOR);
  const launch = await ada.makeRoom('Launch week', 'open', '2.4 ships Thursday');
  for (const person of [wen, noor]) await ada.add(launch, person);
  const room = launch.id;
  const say = (person, body, more = {}) => person.ask('POST', `rooms/${room}/messages`, { body, ...more });
  const root = await say(wen, 'Agreed, it is too eager. I would wait 2.5 s before we say anything.');
  await say(noor, '2.5 s matches what people feel as “it stopped”.', { thread: root.seq });
  await say(wen, 'And shorter than that reads as a flicker.', { thread: root.seq, in_room: true });
  const list = await say(noor, 'The checklist is pinned to the wall.');
  await ada.command('pin_message', { room, message: list.seq });
  await ada.command('save_message', { room, message: list.seq });
  for (const [person, emoji] of [[ada, '👍'], [wen, '👍'], [noor, '🎉']]) {
    await person.command('add_reaction', { room, message: root.seq, emoji });
  }
  const edited = await say(ada, 'Rehearsed it on the clinic bx as well.', { reply_to: list.seq });
  await ada.command('edit_message', { room, message: edited.seq, body: 'Rehearsed it on the clinic box as well.' });
  const gone = await say(wen, 'Never mind');
  await wen.command('delete_message', { room, message: gone.seq });
  const tea = await ada.makeRoom('Tea', 'open');
  await ada.command('forward_message', {
    room, from: room, message: list.seq, client_message_id: crypto.randomUUID(), comment: 'Once more:',
  });
  const { head } = await ada.ask('GET', `rooms/${room}`);
  await ada.command('mark_read', { room, seq: head });
  await wen.command('mark_read', { room, seq: list.seq });
  await noor.command('mark_read', { room, seq: head });
  const harbour = await wen.makeRoom('Harbour', 'open', 'What comes and goes');
  return { ada, launch, tea, root, harbour };
}

for (const [what, options] of [
  ['light', { theme: 'light' }], ['dark', { theme: 'dark' }],
  ['中文', { locale: 'zh-CN' }], ['phone', { size: PHONE, touch: true }], ['中文 phone dark', { size: PHONE, touch: true, locale: 'zh-CN', theme: 'dark' }],
]) {
  walk(`what is done with messages is for everybody (${what})`, async (house) => {
    const { ada, launch, root, harbour } = await livedIn(house);
    const a = await house.signedIn(ada, options);
    await equip(a);
    const found = [];
    const zh = options.locale === 'zh-CN';
    const look = async (view) => {
      found.push(...await violations(a, view));
      await a.screenshot(`messages-${what.replaceAll(' ', '-')}-${view}`);
    };
    const dialog = a.page.getByRole('dialog');
    const log = a.page.getByRole('log').first();
    const message = (text) => log.getByRole('article').filter({ hasText: text }).last();
    await a.open(`/r/${launch.id}`);
    await message('Once more').waitFor();
    await look('conversation');
    if (!options.touch) {
      await message('clinic box').hover();
      await message('clinic box').getByRole('toolbar').waitFor();
      await look('toolbar');
      await message('clinic box').getByRole('toolbar').getByRole('button').last().click();
      await a.page.getByRole('menu').waitFor();
      await look('menu');
      // The last of all is to remove it; the way there begins at the end.
      await a.page.keyboard.press('End');
      await a.page.keyboard.press('Enter');
      await dialog.waitFor();
      await look('remove');
      await a.page.keyboard.press('Escape');
      await dialog.waitFor({ state: 'hidden' });
      await message('clinic box').focus();
      await a.page.keyboard.press('e');
      await a.page.locator('.ctx').waitFor();
      await look('editing');
      await a.page.keyboard.press('Escape');
      await message('clinic box').focus();
      await a.page.keyboard.press('r');
      await a.page.locator('.ctx').waitFor();
      await a.page.getByRole('button', { name: zh ? '格式' : 'Formatting' }).click();
      await a.page.getByRole('toolbar', { name: zh ? '格式' : 'Formatting' }).waitFor();
      await a.page.locator('#composer').fill('Well done :tad');
      await a.page.getByRole('listbox').waitFor();
      await look('writing');
      await a.page.keyboard.press('Escape');
      await a.page.keyboard.press('Escape');
      await a.page.locator('#composer').fill('');
      await message('clinic box').focus();
      await a.page.keyboard.press('+');
      await a.page.getByRole('gridcell').first().waitFor();
      await look('picker');
      await a.page.keyboard.press('Escape');
    }
    await message('clinic box').getByRole('button', { name: zh ? '已编辑' : 'edited' }).click();
    await dialog.getByText('clinic bx').waitFor();
    await look('edits');
    await a.page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'hidden' });
    await a.open(`/r/${launch.id}/t/${root.seq}`);
    await a.page.getByRole('log').last().getByText('it stopped').waitFor();
    await look('thread');
    await a.open(`/r/${launch.id}/pins`);
    await a.page.getByRole('complementary').getByText('The checklist').waitFor();
    await look('pins');
    await a.open('/threads');
    await a.page.getByRole('main').getByRole('heading').first().waitFor();
    await look('threads');
    await a.open('/saved');
    await a.page.getByRole('main').getByText('The checklist').waitFor();
    await look('saved');
    await a.open(`/r/${harbour.id}`);
    await a.page.getByRole('main').getByText('What comes and goes').waitFor();
    await look('preview');
    await a.open(`/r/${launch.id}`);
    await message('Once more').waitFor();
    await a.page.locator('#composer').fill('In time');
    await a.page.getByRole('button', { name: zh ? '稍后发送' : 'Send later' }).click();
    await dialog.locator('.item').last().waitFor();
    await look('send-later');
    await dialog.locator('.item').last().click();
    await dialog.waitFor({ state: 'hidden' });
    await a.open('/later');
    await a.page.getByRole('main').getByRole('button', { name: zh ? '编辑' : 'Edit', exact: true }).click();
    await a.page.getByRole('main').getByRole('textbox').first().waitFor();
    await look('later');
    assert.deepEqual(found, []);
  }, { timeout: 120_000 });
}
