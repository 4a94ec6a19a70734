// The README's picture: a team in the middle of its day. Kept when HUBBUB_SCREENSHOT is set.

import { fileURLToPath } from 'node:url';
import { eventually } from '../support/conditions.mjs';
import { walk } from '../support/house.mjs';

const PICTURE = fileURLToPath(new URL('../../docs/screenshot.png', import.meta.url));

walk('a team talks, and one sees at a glance what waits and who is here', async (house) => {
  const [ines, wen, noor, leif, mira] = await house.settle(
    { nick: 'ines', name: 'Ines Duarte' }, { nick: 'wen', name: 'Wen Zhou' }, { nick: 'noor', name: 'Noor Haddad' },
    { nick: 'leif', name: 'Leif Aarla' }, { nick: 'mira', name: 'Mira Castell' },
  );
  await ines.ask('PATCH', 'me', { status: 'On the early train' });
  const launch = await ines.makeRoom('Launch week', 'open', '2.4 ships on Thursday. The checklist is pinned to the wall.');
  const log = await ines.makeRoom('Ship log', 'open');
  const desk = await ines.makeRoom('Front desk', 'closed');
  const design = await ines.makeRoom('Design review', 'open');
  await ines.makeRoom('Field notes', 'open');
  for (const person of [wen, noor, leif, mira]) {
    for (const room of [launch, log, desk, design]) await ines.add(room, person);
  }
  const say = async (room, person, ...texts) => {
    for (const text of texts) await person.say(room, text);
  };
  const staging = await mira.say(launch, 'Staging is on rc3, and the upgrade from 2.3 took 41 seconds on the small machine.');
  const react = (person, emoji) => person.command('add_reaction', { room: launch.id, message: staging.seq, emoji });
  for (const person of [leif, wen, ines]) await react(person, '🎉');
  await react(noor, '🚀');
  await say(launch, leif, 'Rehearsed it on the clinic box as well, rollback included:',
    '```sh\nhubbub backup create before-2.4.tar\nhubbub backup verify before-2.4.tar\n```');
  await say(launch, wen, 'Nice. The release notes are at https://quayside.example/notes/2.4', 'One line is still missing, the one on `--trusted-proxy`.');
  await say(launch, ines, 'I write it on the train.');
  for (const [person, body] of [[leif, 'Shall the smaller machine get it first?'], [mira, 'Yes, tonight.']]) {
    await person.command('send_message', { room: launch.id, thread: staging.seq, client_message_id: crypto.randomUUID(), body });
  }
  await say(launch, noor, '@ines could you also listen to how the welcome text sounds?', 'No rush, after lunch is fine.');
  const { head } = await ines.ask('GET', `rooms/${launch.id}`);
  await ines.command('mark_read', { room: launch.id, seq: head });
  await say(log, leif, 'Pier 4 is open again.', '@ines the keys are at the desk.');
  await say(design, mira, 'New empty state: six bars for six letters.');
  const withNoor = await noor.direct(ines);
  await say(withNoor, noor, 'Are you on the 8:14?');
  await ines.direct(wen);
  await leif.ask('PATCH', 'me', { settings: { ...(await leif.ask('GET', 'me')).settings, availability: 'do_not_disturb' } });

  const viewer = await house.at(ines, `/r/${launch.id}`);
  const writer = await house.at(wen, `/r/${launch.id}`);
  await house.at(noor);
  await house.at(leif);
  const room = viewer.room('Launch week');
  await room.hears('after lunch is fine.');
  await writer.room('Launch week').isOpen();
  await eventually(async () => await viewer.desk.badge('Ship log') === '1', 'a mention that waits');
  await eventually(async () => await viewer.desk.badge('Noor Haddad') === '1', 'a message that waits');
  await eventually(async () => /here/.test(await viewer.desk.says('Noor Haddad')), 'Noor here');
  await writer.room('Launch week').composer.pressSequentially('On it');
  await viewer.page.getByRole('status').filter({ hasText: 'Wen Zhou is typing' }).waitFor();
  if (process.env.HUBBUB_SCREENSHOT) await viewer.page.screenshot({ path: PICTURE });
  await viewer.screenshot('picture');
});
