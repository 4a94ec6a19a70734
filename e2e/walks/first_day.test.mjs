// Coming in: the first person, everybody after, and links.

import assert from 'node:assert/strict';
import { PASSWORD } from '../support/account.mjs';
import { walk } from '../support/house.mjs';
import { REFUSED } from '../support/troubles.mjs';

const ADA = { nick: 'ada', name: 'Ada Obi', password: PASSWORD };
const WEN = { nick: 'wen', name: 'Wen Zhou', password: PASSWORD };

walk('the first person makes the place in one form and can talk at once', async (house) => {
  const ada = await house.person({ name: 'Ada' });
  await ada.open('/');
  await ada.firstRun.found({ place: 'Quayside', room: 'Launch week', ...ADA });

  const room = ada.room('Launch week');
  await room.isOpen();
  await room.say('Anybody here?');
  await room.hears('Anybody here?');
  await ada.desk.link('Announcements').waitFor();
  await ada.desk.link('Administration').waitFor();
  assert.match(await ada.page.title(), /Launch week · Quayside/);
});

walk('two people register and talk in two browsers', async (house) => {
  const ada = await house.person({ name: 'Ada' });
  const wen = await house.person({ name: 'Wen' });
  await ada.open('/');
  await ada.firstRun.found({ place: 'Quayside', ...ADA });
  await ada.room('General').isOpen();

  await wen.open('/register');
  await wen.register.as(WEN);
  await wen.room('General').isOpen();

  await ada.room('General').say('Good morning, Wen');
  await wen.room('General').hears('Good morning, Wen');
  await wen.room('General').say('Good morning, Ada');
  await ada.room('General').hears('Good morning, Ada');
  await ada.room('General').endsWith('Good morning, Wen', 'Good morning, Ada');
});

walk('an invitation lets a person in where nobody else may register', async (house) => {
  const [ada] = await house.settle(ADA);
  const admin = await house.at(ada, '/admin/place');
  await admin.admin.choice('By invitation').check();
  await admin.desk.toast('Saved').waitFor();
  const link = await admin.admin.invite();

  const wen = await house.person({ name: 'Wen' });
  await wen.open('/register');
  await wen.page.getByRole('heading', { name: 'You need an invitation' }).waitFor();
  await wen.open(link);
  await wen.register.as(WEN);
  await wen.room('General').isOpen();

  await admin.admin.at('invitations');
  await admin.page.getByRole('main').getByText('Used 1 time').waitFor();
  await admin.page.getByRole('button', { name: /^Revoke the invitation/ }).click();
  await admin.page.getByRole('main').getByText('revoked').waitFor();
  const late = await house.person({ name: 'somebody late' });
  late.troubles.expect(REFUSED);
  await late.open(link);
  await late.page.getByRole('heading', { name: 'This link no longer works' }).waitFor();
});

walk('a link to a room survives signing in, and Back does not lead to the form', async (house) => {
  const [ada, wen] = await house.settle(ADA, WEN);
  const plans = await ada.makeRoom('Plans');
  await ada.add(plans, wen);
  await ada.say(plans, 'Read this first');

  const reader = await house.person({ name: 'Wen' });
  await reader.open(`/r/${plans.id}`);
  await reader.signIn.as(wen);
  const room = reader.room('Plans');
  await room.hears('Read this first');
  await reader.desk.openRoom('General');
  await reader.page.goBack();
  await room.isOpen();
  assert.ok(reader.page.url().endsWith(`/r/${plans.id}`));
});

walk('a wrong password is told at its field, and what was typed stays', async (house) => {
  const [ada] = await house.settle(ADA);
  const person = await house.person({ name: 'Ada' });
  person.troubles.expect(REFUSED);
  await person.open('/login');
  await person.signIn.as({ nick: ada.nick, password: 'not the password' });
  await person.page.getByText('Nick and password do not belong together.').waitFor();
  assert.equal(await person.signIn.nick.inputValue(), ada.nick);
  assert.equal(await person.signIn.password.getAttribute('aria-invalid'), 'true');
  await person.signIn.password.fill(PASSWORD);
  await person.signIn.submit.click();
  await person.room('General').isOpen();
});

walk('a taken nick is told at its field', async (house) => {
  await house.settle(ADA);
  const person = await house.person({ name: 'a second Ada' });
  person.troubles.expect(REFUSED);
  await person.open('/register');
  await person.register.as({ ...ADA, name: 'Another' });
  await person.page.getByText('This nick, or one that looks like it, is taken.').waitFor();
  await person.register.nick.fill('ada.two');
  await person.register.submit.click();
  await person.room('General').isOpen();
});

walk('nobody may register where the administrator has closed the door', async (house) => {
  const [ada] = await house.settle(ADA);
  const admin = await house.at(ada, '/admin/place');
  await admin.admin.choice('Nobody').check();
  await admin.desk.toast('Saved').waitFor();
  const person = await house.person({ name: 'somebody' });
  await person.open('/register');
  await person.page.getByRole('heading', { name: 'No new accounts here' }).waitFor();
  await person.page.getByRole('link', { name: 'Sign in', exact: true }).click();
  await person.signIn.nick.waitFor();
});

walk('a page that does not load says what to do', async (house) => {
  const [ada] = await house.settle(ADA);
  const person = await house.signedIn(ada);
  person.troubles.expect(/ERR_FAILED|Failed to fetch/);
  await person.context.route('**/*.wasm', (route) => route.abort());
  await person.open('/');
  await person.page.getByRole('alert').getByText('Hubbub did not load').waitFor();
  await person.context.unroute('**/*.wasm');
  await person.page.getByRole('button', { name: 'Try again', exact: true }).click();
  await person.room('General').isOpen();
});
