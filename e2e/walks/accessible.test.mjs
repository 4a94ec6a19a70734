// Every page in both themes: no violation that axe knows of, and a picture of each.

import assert from 'node:assert/strict';
import { equip, violations } from '../support/axe.mjs';
import { eventually } from '../support/conditions.mjs';
import { walk } from '../support/house.mjs';
import { PHONE } from '../support/person.mjs';
import { REFUSED } from '../support/troubles.mjs';

const ADA = { nick: 'ada', name: 'Ada Obi' };
const WEN = { nick: 'wen', name: 'Wen Zhou' };
const NOOR = { nick: 'noor', name: 'Noor Haddad' };

/** A place where people have talked. */
async function livedIn(house) {
  const [ada, wen, noor] = await house.settle(ADA, WEN, NOOR);
  await ada.ask('PATCH', 'me', { status: 'On the early train' });
  const launch = await ada.makeRoom('Launch week', 'open', 'Everything that has to happen before Friday 18:00');
  for (const person of [wen, noor]) await ada.add(launch, person);
  const closed = await ada.makeRoom('Salaries', 'closed');
  await ada.add(closed, wen);
  for (const name of ['Design', 'Harbour log', 'Tea']) await ada.makeRoom(name);
  await wen.say(launch, 'Morning! The new pier opens on Friday. @ada can you check the signs?');
  await wen.say(launch, 'The list is at https://example.org/launch/checklist');
  await noor.say(launch, 'Done with the first half:\n```rust\nfn main() {\n    println!("pier {}", 7); // the new one\n}\n```');
  await noor.say(launch, 'and `cargo xtask test` is green.');
  await ada.say(launch, 'Lovely. I look at the signs after lunch.');
  const direct = await ada.direct(wen);
  await ada.say(direct, 'Shall we walk there together?');
  await wen.say(direct, 'With pleasure. At noon?');
  await noor.say(launch, '@ada the paint is still wet, so mind your sleeves.');
  await noor.say(launch, 'Otherwise we are ready.');
  await ada.invite();
  return { ada, wen, noor, launch, direct };
}

for (const theme of ['light', 'dark']) {
  walk(`every page is for everybody (${theme})`, async (house) => {
    const guest = await house.person({ name: 'a guest', theme });
    guest.troubles.expect(REFUSED);
    await equip(guest);
    const found = [];
    const look = async (person, what) => {
      found.push(...await violations(person, what));
      await person.screenshot(`${what.replaceAll(' ', '-')}-${theme}`);
    };
    await guest.open('/');
    await guest.firstRun.place.waitFor();
    await look(guest, 'first run');
    const { ada, launch, direct } = await livedIn(house);
    await guest.open('/login');
    await guest.signIn.nick.waitFor();
    await look(guest, 'sign in');
    await guest.page.getByRole('button', { name: 'Forgot it?' }).click();
    await guest.signIn.submit.click();
    await look(guest, 'sign in refused');
    await guest.open('/register');
    await guest.register.nick.waitFor();
    await look(guest, 'register');
    await guest.open('/join#nothing');
    await guest.page.getByRole('heading', { name: 'This link no longer works' }).waitFor();
    await look(guest, 'join');
    await guest.open('/reset#something');
    await guest.reset.password.waitFor();
    await look(guest, 'reset');

    const a = await house.signedIn(ada, { theme, travels: true });
    await equip(a);
    await a.open(`/r/${launch.id}`);
    const room = a.room('Launch week');
    await room.hears('Otherwise we are ready.');
    await look(a, 'chat');
    await room.message('The list is at').hover();
    await room.message('The list is at').getByRole('toolbar').waitFor();
    await look(a, 'chat hovered');
    await room.menuButton.click();
    await a.page.getByRole('menu').waitFor();
    await look(a, 'room menu');
    await a.page.keyboard.press('Escape');
    await room.openMembers();
    await room.member('Noor Haddad').waitFor();
    await look(a, 'members');
    await room.members.getByRole('button', { name: 'Add people' }).click();
    await look(a, 'add people');
    await a.open(`/r/${launch.id}/settings`);
    await room.settings.waitFor();
    await look(a, 'room settings');
    await a.open(`/r/${direct.id}`);
    await a.room('Wen Zhou').hears('With pleasure');
    await look(a, 'direct');
    await a.desk.openRoom('Tea');
    await a.page.getByText('Nobody has spoken yet').waitFor();
    await look(a, 'empty room');
    await a.switcher.open();
    await look(a, 'switcher');
    await a.page.keyboard.type('zz');
    await a.switcher.dialog.getByText('Nothing found').waitFor();
    await look(a, 'switcher empty');
    await a.page.keyboard.press('Escape');
    await a.page.keyboard.press('Control+/');
    await a.page.getByRole('dialog', { name: 'Keyboard shortcuts' }).waitFor();
    await look(a, 'keyboard shortcuts');
    await a.page.keyboard.press('Escape');
    for (const [button, what] of [['New room', 'new room'], ['New direct message', 'new direct']]) {
      await a.desk.sidebar.getByRole('button', { name: button, exact: true }).click();
      await a.desk.dialog.waitFor();
      await look(a, what);
      await a.page.keyboard.press('Escape');
      await a.desk.dialog.waitFor({ state: 'hidden' });
    }
    const pages = {
      browse: '/browse', search: '/search?q=ready', 'search, nothing asked': '/search?q=', 'catch up': '/catch-up', profile: '/settings', preferences: '/settings/preferences',
      password: '/settings/password', sessions: '/settings/sessions', blocked: '/settings/blocked',
      'admin people': '/admin', 'admin place': '/admin/place', 'admin invitations': '/admin/invitations',
      'admin notice': '/admin/notice', 'not found': '/no/such/page',
    };
    for (const [what, path] of Object.entries(pages)) {
      await a.open(path);
      await a.page.getByRole('main').getByRole('heading').first().waitFor();
      if (path !== '/no/such/page') await a.desk.link('Tea').waitFor();
      if (path === '/admin') await a.admin.row('Wen Zhou').waitFor();
      if (path.endsWith('sessions')) await a.settings.sessions.first().waitFor();
      if (path.endsWith('invitations')) await a.page.getByRole('button', { name: /^Revoke/ }).waitFor();
      if (path === '/browse') await a.browse.row('Tea').waitFor();
      if (path === '/search?q=ready') await a.page.locator('.hit').first().waitFor();
      await look(a, what);
    }
    await a.open(`/r/${launch.id}`);
    await room.hears('Otherwise we are ready.');
    await a.goOffline();
    await room.say('Written in a tunnel');
    await a.desk.connection.getByText('No connection.').waitFor();
    await look(a, 'offline');
    await a.comeBack();
    await room.log.getByText('Waiting for connection').waitFor({ state: 'detached' });
    assert.deepEqual(found, []);
  }, { timeout: 150_000 });
}

walk('every page is for everybody (phone)', async (house) => {
  const { ada, launch } = await livedIn(house);
  const a = await house.signedIn(ada, { size: PHONE, touch: true });
  await equip(a);
  const found = [];
  await a.open('/');
  await a.desk.link('Launch week').waitFor();
  found.push(...await violations(a, 'the list'));
  await a.open(`/r/${launch.id}`);
  await a.room('Launch week').hears('Otherwise we are ready.');
  found.push(...await violations(a, 'a conversation'));
  for (const path of [`/r/${launch.id}/members`, '/settings', '/admin', '/browse', '/search?q=ready', '/catch-up']) {
    await a.open(path);
    await a.page.getByRole('heading').first().waitFor();
    found.push(...await violations(a, path));
  }
  assert.deepEqual(found, []);
});

walk('what others say is read out once, and history never is', async (house) => {
  const [ada, wen] = await house.settle(ADA, WEN);
  const general = await ada.roomNamed('General');
  await ada.say(general, 'Said before');
  const w = await house.at(wen, `/r/${general.id}`);
  await w.room('General').hears('Said before');
  assert.equal(await w.room('General').log.getAttribute('aria-live'), 'off');
  const said = w.page.locator('[aria-live=polite], [role=status]');
  await ada.say(general, 'Said just now');
  await eventually(async () => {
    const all = (await said.allTextContents()).join('\n');
    assert.match(all, /Ada Obi: Said just now/);
    assert.doesNotMatch(all, /Said before/);
  }, 'the message read out');
});
