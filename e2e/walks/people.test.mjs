// People: what an administrator can do, and what everybody can do for themselves.

import assert from 'node:assert/strict';
import { PASSWORD } from '../support/account.mjs';
import { eventually } from '../support/conditions.mjs';
import { walk } from '../support/house.mjs';
import { REFUSED } from '../support/troubles.mjs';

const ADA = { nick: 'ada', name: 'Ada Obi' };
const WEN = { nick: 'wen', name: 'Wen Zhou' };
const SENT_AWAY = /WebSocket connection to .* failed|status of 401/;

walk('a notice reaches every open page, and stays to be read', async (house) => {
  const [ada, wen] = await house.settle(ADA, WEN);
  const [a, w] = [await house.at(ada), await house.at(wen)];
  await w.room('General').isOpen();
  await a.admin.tellEveryone('The server moves at noon');
  await a.desk.toast('Everybody has been told').waitFor();
  await w.desk.notice.getByText('The server moves at noon').waitFor();
  await w.desk.notice.getByText('Notice from Ada Obi').waitFor();
  await w.desk.notice.getByRole('button', { name: 'Dismiss notice' }).click();
  await w.desk.notice.getByText('The server moves at noon').waitFor({ state: 'hidden' });
  const kept = await w.desk.openRoom('Announcements');
  await kept.hears('The server moves at noon');
  await w.page.getByText('Only moderators write here.').waitFor();
  assert.equal(await kept.composer.count(), 0);
  await w.page.reload();
  await kept.hears('The server moves at noon');
  await w.desk.notice.getByText('The server moves at noon').waitFor({ state: 'hidden' });
});

walk('who is blocked cannot write directly, and is folded away in rooms', async (house) => {
  const [ada, wen] = await house.settle(ADA, WEN);
  const general = await ada.roomNamed('General');
  const direct = await wen.direct(ada);
  await wen.say(direct, 'Answer me');
  const a = await house.at(ada, `/r/${direct.id}`);
  await a.room('Wen Zhou').hears('Answer me');
  await a.room('Wen Zhou').choose('Block Wen Zhou');
  await a.room('Wen Zhou').confirm('Block Wen Zhou');
  await a.page.getByText('You blocked this person.').waitFor();
  await assert.rejects(wen.say(direct, 'Answer me now'), /blocked/);
  await wen.say(general, 'Ada does not answer');
  const room = await a.desk.openRoom('General');
  await room.log.getByText('1 message from somebody you blocked').waitFor();
  assert.equal(await room.message('Ada does not answer').count(), 0);
  await room.log.getByRole('button', { name: 'Show', exact: true }).click();
  await room.hears('Ada does not answer');

  await a.settings.at('blocked');
  await a.settings.button('Unblock Wen Zhou').click();
  await a.page.getByText('You have blocked nobody.').waitFor();
  await wen.say(direct, 'Thank you');
  await a.desk.openRoom('Wen Zhou');
  await a.room('Wen Zhou').hears('Thank you');
});

walk('a disabled person is out at once, and can be let in again', async (house) => {
  const [ada, wen] = await house.settle(ADA, WEN);
  const [a, w] = [await house.at(ada), await house.at(wen)];
  await w.room('General').isOpen();
  w.troubles.expect(SENT_AWAY, REFUSED);
  await a.admin.at();
  await a.admin.chooseFor('Wen Zhou', 'Disable Wen Zhou');
  await a.admin.confirm('Disable');
  await a.admin.row('Wen Zhou').getByText('disabled').waitFor();
  await w.signIn.nick.waitFor();
  await w.signIn.as(wen);
  await w.page.getByText('Nick and password do not belong together.').waitFor();

  await a.admin.chooseFor('Wen Zhou', 'Enable Wen Zhou');
  await a.admin.row('Wen Zhou').getByText('active').waitFor();
  await w.signIn.submit.click();
  await w.room('General').isOpen();
});

walk('a reset link gives a new password once, and ends the old sessions', async (house) => {
  const [ada, wen] = await house.settle(ADA, WEN);
  const [a, old] = [await house.at(ada), await house.at(wen)];
  await old.room('General').isOpen();
  old.troubles.expect(SENT_AWAY);
  const link = await a.admin.makeResetLink('Wen Zhou');

  const w = await house.person({ name: 'Wen' });
  await w.open('/login');
  await w.page.getByRole('button', { name: 'Forgot it?' }).click();
  await w.page.getByText('Ask an administrator of this place for a reset link.').waitFor();
  await w.open(link);
  await w.reset.choose('another quiet harbour');
  await w.room('General').isOpen();
  await old.signIn.nick.waitFor();

  const late = await house.person({ name: 'somebody with the old link' });
  late.troubles.expect(REFUSED);
  await late.open(link);
  await late.reset.choose('a third quiet harbour');
  await late.page.getByRole('heading', { name: 'This link no longer works' }).waitFor();
  await assert.rejects(wen.signIn(), /wrong_credentials/);
});

walk('one sees where one is signed in, and ends what one does not know', async (house) => {
  const [ada] = await house.settle(ADA);
  const there = await house.person({ name: 'Ada elsewhere' });
  await there.open('/login');
  await there.signIn.as(ada);
  const here = await house.at(ada);
  await there.room('General').isOpen();
  there.troubles.expect(SENT_AWAY);
  await there.room('General').composer.fill('Not sent yet');
  await there.page.evaluate(() => window.dispatchEvent(new Event('pagehide')));
  await here.settings.at('sessions');
  await here.settings.sessions.filter({ hasText: 'this one' }).waitFor();
  await here.settings.sessions.filter({ hasText: 'Chrome on Linux' }).first().waitFor();
  await here.settings.button('End all others').click();
  await here.page.getByText('You are signed in only here.').waitFor();
  await there.signIn.nick.waitFor();
  await there.page.getByText('You were signed out. What you wrote is kept.').waitFor();
  // What was being written is still there.
  await there.signIn.as(ada);
  await there.room('General').isOpen();
  await eventually(
    async () => assert.equal(await there.room('General').composer.inputValue(), 'Not sent yet'), 'the draft',
  );
});

walk('one changes one\'s name, status and password oneself', async (house) => {
  const [ada, wen] = await house.settle(ADA, WEN);
  const general = await ada.roomNamed('General');
  await wen.say(general, 'Hello');
  const [a, w] = [await house.at(ada, `/r/${general.id}`), await house.at(wen)];
  await w.settings.at();
  await w.settings.field('Your name').fill('Wen the Great');
  await w.settings.field('Status').fill('On the early train');
  await w.settings.button('Save').click();
  await w.desk.toast('Your profile is saved').waitFor();
  await a.room('General').message('Wen the Great').waitFor();

  w.troubles.expect(REFUSED);
  await w.settings.at('password');
  await w.settings.field('Current password').fill('not the password');
  await w.settings.field('New password').fill('another quiet harbour');
  await w.settings.button('Change password').click();
  await w.page.getByText('That is not your current password.').waitFor();
  await w.settings.field('Current password').fill(PASSWORD);
  await w.settings.button('Change password').click();
  await w.desk.toast('Your password is changed').waitFor();
  await assert.rejects(wen.signIn(), /wrong_credentials/);
  wen.password = 'another quiet harbour';
  await wen.signIn();
});

walk('theme, language and Enter key are chosen once for every device', async (house) => {
  const [ada] = await house.settle(ADA);
  const general = await ada.roomNamed('General');
  const [a, other] = [await house.at(ada, '/settings/preferences'), await house.at(ada, `/r/${general.id}`)];
  await other.room('General').isOpen();
  await a.settings.choice('Dark').check();
  for (const device of [a, other]) {
    await eventually(
      async () => assert.equal(await device.page.evaluate(() => getComputedStyle(document.documentElement).colorScheme), 'dark'),
      'the dark theme',
    );
  }
  await a.settings.choice('Makes a new line').check();
  const composer = other.room('General').composer;
  await other.page.getByText('Ctrl+Enter sends · Enter new line').waitFor();
  await composer.fill('One');
  await composer.press('Enter');
  await composer.pressSequentially('Two');
  assert.equal(await composer.inputValue(), 'One\nTwo');
  await composer.press('Control+Enter');
  await other.room('General').hears('Two');
  await a.settings.choice('简体中文').check();
  await other.page.getByRole('navigation', { name: '房间与联系人' }).waitFor();
});

walk('only an administrator sees the administrator\'s page', async (house) => {
  const [, wen] = await house.settle(ADA, WEN);
  const w = await house.at(wen, '/admin');
  await w.page.getByText(/This page is for administrators\.|There is nothing here for you\./).waitFor();
  assert.equal(await w.desk.link('Administration').count(), 0);
  assert.equal(await w.page.getByRole('table').count(), 0);
});
