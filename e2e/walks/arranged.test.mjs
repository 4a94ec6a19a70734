// How one arranges one's rooms, and what one says and shows of oneself.

import assert from 'node:assert/strict';
import { eventually } from '../support/conditions.mjs';
import { walk } from '../support/house.mjs';

const ADA = { nick: 'ada', name: 'Ada Obi' };
const WEN = { nick: 'wen', name: 'Wen Zhou' };

/** The names in the list, as they stand there. */
const listed = (person) => person.desk.sidebar.locator('a[href^="/r/"] .row__name').allTextContents();

walk('rooms stand where one puts them, on every device', async (house) => {
  const [ada] = await house.settle(ADA, WEN);
  const plans = await ada.makeRoom('Plans');
  await ada.makeRoom('Kitchen');
  const a = await house.at(ada, `/r/${plans.id}`);
  const other = await house.at(ada, `/r/${plans.id}`, { size: { width: 1100, height: 800 } });
  await a.room('Plans').isOpen();
  await a.room('Plans').choose('Place in the list');
  await a.desk.dialog.getByRole('radio', { name: 'Favourites', exact: true }).check();
  await a.page.keyboard.press('Escape');
  for (const person of [a, other]) {
    await person.desk.sidebar.getByRole('region', { name: 'Favourites', exact: true })
      .getByRole('link', { name: 'Plans', exact: true }).waitFor();
    await eventually(async () => assert.equal((await listed(person))[0], 'Plans'), 'first in the list');
  }

  await a.desk.openRoom('Kitchen');
  await a.room('Kitchen').choose('Place in the list');
  await a.desk.dialog.getByLabel('New section', { exact: true }).fill('At home');
  await a.desk.dialog.getByRole('button', { name: 'Make it and move here', exact: true }).click();
  await a.desk.sidebar.getByRole('heading', { name: 'At home', exact: true }).waitFor();
  await other.desk.sidebar.getByRole('heading', { name: 'At home', exact: true }).waitFor();
  await eventually(async () => assert.deepEqual((await listed(other)).slice(0, 2), ['Plans', 'Kitchen']), 'the order');

  await a.room('Kitchen').choose('Place in the list');
  await a.desk.dialog.getByRole('radio', { name: 'Favourites', exact: true }).check();
  await a.desk.dialog.getByText('2 of 2', { exact: true }).waitFor();
  await a.desk.dialog.getByRole('button', { name: 'Move up', exact: true }).click();
  await a.page.keyboard.press('Escape');
  await eventually(async () => assert.deepEqual((await listed(other)).slice(0, 2), ['Kitchen', 'Plans']), 'the order');
  // Rooms are gone through in the order of the list.
  await a.room('Kitchen').composer.focus();
  await a.page.keyboard.press('Alt+ArrowDown');
  await a.room('Plans').isOpen();

  await a.desk.sidebar.getByRole('button', { name: 'Section At home', exact: true }).click();
  await a.page.getByRole('menuitem', { name: 'Rename section', exact: true }).click();
  await a.desk.dialog.getByLabel('Name of the section', { exact: true }).fill('Evenings');
  await a.page.keyboard.press('Enter');
  await other.desk.sidebar.getByRole('heading', { name: 'Evenings', exact: true }).waitFor();
  await a.desk.sidebar.getByRole('button', { name: 'Section Evenings', exact: true }).click();
  await a.page.getByRole('menuitem', { name: 'Remove section', exact: true }).click();
  await other.desk.sidebar.getByRole('heading', { name: 'Evenings', exact: true }).waitFor({ state: 'detached' });
});

walk('sections and rooms are dragged where they belong', async (house) => {
  const [ada] = await house.settle(ADA, WEN);
  const [plans, kitchen] = [await ada.makeRoom('Plans'), await ada.makeRoom('Kitchen')];
  const section = (name, ...rooms) => ({ name, rooms: rooms.map(({ id }) => id), folded: false });
  await ada.command('arrange_sidebar', { sidebar: { sections: [section('Work', plans), section('Home', kitchen)] } });
  const a = await house.at(ada, `/r/${plans.id}`);
  await a.room('Plans').isOpen();
  const shelf = (name) => a.desk.sidebar.getByRole('region', { name, exact: true });
  const order = () => a.desk.sidebar.locator('[data-shelf] h2').allInnerTexts();
  const head = (name) => a.desk.sidebar.getByRole('heading', { name, exact: true });
  await eventually(async () => {
    await head('Home').dragTo(head('Work'), { targetPosition: { x: 10, y: 2 } });
    assert.deepEqual((await order()).slice(0, 2), ['Home', 'Work']);
  }, 'the order of sections');
  await a.desk.link('Plans').dragTo(a.desk.link('Kitchen'), { targetPosition: { x: 60, y: 4 } });
  await shelf('Home').getByRole('link', { name: 'Plans', exact: true }).waitFor();
  await eventually(async () => assert.deepEqual((await listed(a)).slice(0, 2), ['Plans', 'Kitchen']), 'the order');
  await a.desk.link('Plans').dragTo(head('Work'));
  await shelf('Work').getByRole('link', { name: 'Plans', exact: true }).waitFor();
  await a.desk.link('Kitchen').dragTo(head('Rooms'));
  await shelf('Rooms').getByRole('link', { name: 'Kitchen', exact: true }).waitFor();
  await a.open('/');
  await shelf('Work').getByRole('link', { name: 'Plans', exact: true }).waitFor();
  assert.equal(await a.page.locator('[data-drop]').count(), 0);
});

walk('a status has a sign and an end, and quiet hours are kept', async (house) => {
  const [ada, wen] = await house.settle(ADA, WEN);
  const [a, w] = [await house.at(ada), await house.at(wen)];
  await a.desk.isReady();
  await w.settings.at();
  await w.settings.field('Status').fill('On the early train');
  await w.settings.field('Emoji of the status').fill('🚆');
  await w.settings.field('Clear the status').selectOption('In 1 hour');
  await w.settings.button('Save').click();
  await w.desk.toast('Your profile is saved').waitFor();
  await w.desk.sidebar.getByText('🚆 On the early train', { exact: true }).waitFor();
  await w.settings.choice('Every day').check();
  await w.settings.field('From').fill('00:00');
  await w.settings.field('Until').fill('23:59');
  // Chosen at once, kept one after the other.
  await eventually(async () => {
    const { settings } = await wen.ask('GET', 'me');
    assert.deepEqual([settings.quiet.from, settings.quiet.until], [0, 23 * 60 + 59]);
  }, 'what is kept');
  await w.settings.at();
  assert.equal(await w.settings.field('From').inputValue(), '00:00');
  assert.equal(await w.settings.field('Until').inputValue(), '23:59');
  assert.match(await w.settings.field('Clear the status').locator('option').first().textContent(), /^As it is set/);
  const direct = await ada.direct(wen);
  await a.open(`/r/${direct.id}`);
  await a.page.locator('main > header, [class=head]').filter({ hasText: '🚆 On the early train' }).first().waitFor();
  await eventually(async () => assert.match(await a.desk.says('Wen Zhou'), /do not disturb/), 'the presence');
});
