// Parts of the page that come on demand: in time, late, not at all.

import assert from 'node:assert/strict';
import { eventually } from '../support/conditions.mjs';
import { walk } from '../support/house.mjs';

const ADA = { nick: 'ada', name: 'Ada Obi' };
const MISSING = /Failed to load resource/;
const PARTS = /\/parts\/(desk|setup)[^/]*\.wasm$/;

walk('a part that does not come is said so in a line, and comes when asked for again', async (house) => {
  const [ada] = await house.settle(ADA);
  const a = await house.signedIn(ada);
  a.troubles.expect(MISSING);
  await a.page.route(PARTS, (route) => route.abort());
  const plans = await ada.makeRoom('Plans');
  await a.open(`/r/${plans.id}`);
  await a.room('Plans').isOpen();

  // A page: the rest of the page goes on working.
  await a.page.goto('/settings');
  const line = a.page.getByRole('alert').filter({ hasText: 'This part of the page did not arrive' });
  await line.waitFor();
  await a.desk.link('Plans').click();
  await a.room('Plans').isOpen();
  await a.room('Plans').say('Still here');
  // A dialog: the line stands in it, and Esc closes it.
  await a.page.keyboard.press('Control+k');
  await a.page.getByRole('dialog').getByText('This part of the page did not arrive').waitFor();
  await a.page.keyboard.press('Escape');
  await eventually(async () => assert.equal(await a.page.getByRole('dialog').count(), 0), 'no dialog');

  await a.page.goto('/settings');
  await line.waitFor();
  await a.page.unroute(PARTS);
  await line.getByRole('button', { name: 'Try again' }).click();
  await a.page.getByRole('heading', { name: 'Settings', level: 1 }).waitFor();
});

walk('a part that the server no longer has asks for a new page', async (house) => {
  const [ada] = await house.settle(ADA);
  const a = await house.signedIn(ada);
  a.troubles.expect(MISSING);
  await a.page.route(PARTS, (route) => route.fulfill({ status: 404, body: 'There is no such file.' }));
  await a.page.goto('/settings');
  const line = a.page.getByRole('alert').filter({ hasText: 'Hubbub was updated in the meantime' });
  await line.waitFor();
  await a.page.unroute(PARTS);
  await line.getByRole('button', { name: 'Reload' }).click();
  await a.page.getByRole('heading', { name: 'Settings', level: 1 }).waitFor();
});

walk('what may be needed later is there before the connection is lost', async (house) => {
  const [ada] = await house.settle(ADA);
  const plans = await ada.makeRoom('Plans');
  const a = await house.at(ada, `/r/${plans.id}`, { travels: true });
  const came = new Set();
  a.page.on('requestfinished', (request) => came.add(new URL(request.url()).pathname));
  await a.room('Plans').isOpen();
  const parts = () => [...came].filter((path) => path.startsWith('/parts/'));
  await eventually(() => ['desk', 'setup', 'account'].every(
    (part) => parts().some((path) => path.startsWith(`/parts/${part}-`)),
  ), 'all parts');
  await a.goOffline();
  await a.page.keyboard.press('Control+k');
  await a.page.getByRole('combobox', { name: 'Jump to' }).waitFor();
});
