//! One story, from its beginning to its judgement.

use crate::chance::Chance;
use crate::host;
use crate::judge;
use crate::node::{Machine, Person, Surroundings};
use crate::record::{Counts, Record, Tells};
use crate::tab::{Known, Order, Tab};
use backend::chat::Error;
use core::cell::RefCell;
use core::time::Duration;
use shared::command::{ClientCommand, CommandReply};
use shared::id::RoomId;
use shared::room::{Involvement, RoomKind};
use shared::user::{Settings, Theme};
use std::rc::Rc;
use tokio::sync::mpsc;
use tokio::task::LocalSet;
use tokio::time::{Instant, sleep_until, timeout};

/// Between the last interference and the moment at which everybody must be even: silence is
/// noticed after 35 s, one waits up to 30 s before one tries again, and a heartbeat later the last
/// of it is known.
const HEALED: Duration = Duration::from_mins(2);
/// Far longer than it takes to be even, and to look whether all are.
const JUDGED: Duration = Duration::from_mins(20);

/// What came of a story.
#[derive(Clone, Debug)]
pub struct Outcome {
    pub counts: Counts,
    pub violations: Vec<String>,
    /// The same for two runs of one seed.
    pub digest: u64,
}

/// Runs the story of a seed. Once a process: see [`host::begin`].
pub fn tell(seed: u64, tells: Tells) -> Outcome {
    host::begin(seed);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime can be made");
    LocalSet::new().block_on(&runtime, run(seed, tells))
}

struct Cast {
    person: Person,
    known: Rc<RefCell<Known>>,
    orders: mpsc::Sender<Order>,
}

async fn run(seed: u64, tells: Tells) -> Outcome {
    let chance = Chance::of(seed);
    let record = Rc::new(RefCell::new(Record::new(tells)));
    let surroundings = Surroundings {
        bus_fails_one_in: chance.one_in(3).then(|| chance.number(3, 30)),
        slowest: chance.number(1, 800),
        store_slow_one_in: chance.number(5, 60),
    };
    let machine = Rc::new(Machine::new(&chance, surroundings, Rc::clone(&record)));
    machine.start().await;
    let people = prepare(&machine, &chance).await;
    let cast: Vec<Cast> = people
        .iter()
        .flat_map(|person| (0..chance.number(1, 2)).map(move |tab| (person, tab)))
        .map(|(person, tab)| enter(person, tab, &machine, &record, &chance))
        .collect();
    let begun = Instant::now();
    let (closed, length) = (rooms_of(&machine, &people[0]).await, chance.number(10, 90));
    let mut acts: Vec<u64> = (0..chance.number(30, 100)).map(|_| moment(&chance, length)).collect();
    acts.sort_unstable();
    for at in acts {
        sleep_until(begun + Duration::from_millis(at)).await;
        machine.tick();
        act(&machine, &record, &chance, &cast, &people, &closed).await;
    }
    if !machine.is_up() {
        machine.start().await;
    }
    let judged = async {
        heal(&machine, &record, &cast).await;
        let logs = judge::logs(&machine, &people[0]).await;
        judge::judge(&mut record.borrow_mut(), &logs);
    };
    if timeout(JUDGED, judged).await.is_err() {
        record.borrow_mut().broke("D5", "the server does not answer any more");
    }
    let record = record.borrow();
    Outcome {
        counts: record.counts,
        violations: record.violations.clone(),
        digest: record.digest(),
    }
}

/// Many things at one moment, or one at many.
fn moment(chance: &Chance, seconds: u64) -> u64 {
    match chance.number(0, 2) {
        0 => chance.number(0, seconds) * 1_000,
        _ => chance.number(0, seconds * 1_000),
    }
}

/// People, and rooms of every kind that all of them are in.
async fn prepare(machine: &Machine, chance: &Chance) -> Vec<Person> {
    let mut people = Vec::new();
    for number in 0..chance.number(2, 4) {
        people.push(machine.register(&format!("p{number}")).await);
    }
    let others: Vec<_> = people[1..].iter().map(Person::id).collect();
    for kind in [RoomKind::Open, RoomKind::Closed] {
        let name = format!("{kind:?}");
        let create = ClientCommand::CreateRoom { name, kind, topic: String::new() };
        let room = done(machine, &people[0], create).await.expect("a room can be made");
        let room = room.into_room().expect("a room was made").id;
        for user in &others {
            let add = ClientCommand::AddMember { room, user: *user };
            done(machine, &people[0], add).await.expect("they can be added");
        }
    }
    let direct = ClientCommand::OpenDirect { users: others };
    done(machine, &people[0], direct).await.expect("they can talk");
    people
}

async fn done(
    machine: &Machine,
    person: &Person,
    command: ClientCommand,
) -> Result<CommandReply, Error> {
    machine.app().chat.begin(&person.caller, command).await.await
}

/// The rooms from which people can be removed.
async fn rooms_of(machine: &Machine, person: &Person) -> Vec<RoomId> {
    let rooms = machine.app().chat.rooms(&person.caller).await.expect("rooms can be read");
    let made = rooms.iter().filter(|room| ["Open", "Closed"].contains(&room.name.as_str()));
    made.map(|room| room.id).collect()
}

fn enter(
    person: &Person,
    tab: u64,
    machine: &Rc<Machine>,
    record: &Rc<RefCell<Record>>,
    chance: &Chance,
) -> Cast {
    let (orders, receiver) = mpsc::channel(256);
    let name = format!("{}.{tab}", person.caller.user.nick);
    let (tab, known) = Tab::new(
        name,
        person.clone(),
        Rc::clone(machine),
        Rc::clone(record),
        chance.clone(),
        receiver,
    );
    tokio::task::spawn_local(tab.live());
    Cast { person: person.clone(), known, orders }
}

/// One thing that happens.
async fn act(
    machine: &Rc<Machine>,
    record: &Rc<RefCell<Record>>,
    chance: &Chance,
    cast: &[Cast],
    people: &[Person],
    rooms: &[RoomId],
) {
    let Some(who) = chance.pick(cast) else { return };
    let order = match chance.number(0, 111) {
        0..40 => Order::Say,
        40..47 => Order::Reply,
        47..53 => Order::Edit,
        53..56 => Order::Delete,
        56..61 => Order::React,
        61..65 => Order::MarkRead,
        65..68 => Order::Repeat,
        68..70 => Order::Misuse,
        70..80 => {
            let Some(order) = membership(chance, people, rooms) else { return };
            return tell_owner(cast, people, order);
        }
        80..82 => {
            let Some(room) = chance.pick(rooms) else { return };
            // The owner stays: somebody has to be able to read all logs at the end.
            let may_leave = who.person.id() != people[0].id();
            Order::Ask(match chance.number(0, 1) {
                0 if may_leave => ClientCommand::LeaveRoom { room: *room },
                _ => ClientCommand::JoinRoom { room: *room },
            })
        }
        82..84 => Order::Reload,
        84..89 => Order::Cut,
        89..92 => Order::Hole,
        92..94 => Order::Pause(chance.millis(500, 40_000)),
        94 => {
            // Somebody has set the clock.
            let hours = chance.number(0, 48);
            let hours = i64::try_from(hours).unwrap_or(0) - 24;
            record.borrow_mut().happened("clock", &format!("{hours} h off"));
            return machine.set_wall_off(hours * 3_600_000);
        }
        95..100 => return restart(machine, record, chance).await,
        100..102 => return tell_owner(cast, people, rename(chance)),
        _ => {
            let Some(command) = of_their_own(chance, people, rooms) else { return };
            Order::Ask(command)
        }
    };
    // One that is busy has enough to do.
    let _ = who.orders.try_send(order);
}

/// The place gets another name.
fn rename(chance: &Chance) -> ClientCommand {
    let name = Some(format!("place {}", chance.number(0, 999)));
    ClientCommand::UpdateSite { name, registration: None, receipts: None }
}

fn membership(chance: &Chance, people: &[Person], rooms: &[RoomId]) -> Option<ClientCommand> {
    let (room, user) = (*chance.pick(rooms)?, chance.pick(&people[1..])?.id());
    Some(match chance.number(0, 1) {
        0 => ClientCommand::RemoveMember { room, user },
        _ => ClientCommand::AddMember { room, user },
    })
}

/// What concerns one person alone, or what everybody may know of them.
fn of_their_own(chance: &Chance, people: &[Person], rooms: &[RoomId]) -> Option<ClientCommand> {
    let (room, user) = (*chance.pick(rooms)?, chance.pick(people)?.id());
    Some(match chance.number(0, 5) {
        0 | 1 => {
            let theme = *chance.pick(&[Theme::System, Theme::Light, Theme::Dark])?;
            ClientCommand::UpdateSettings { settings: Settings { theme, ..Settings::default() } }
        }
        2 => {
            let status = format!("at {}", chance.number(0, 999));
            ClientCommand::SetStatus { status, emoji: None, until: None }
        }
        3 => {
            let all = [Involvement::Everything, Involvement::Mentions, Involvement::Nothing];
            ClientCommand::SetInvolvement { room, involvement: *chance.pick(&all)? }
        }
        4 => ClientCommand::BlockPerson { user },
        _ => ClientCommand::UnblockPerson { user },
    })
}

fn tell_owner(cast: &[Cast], people: &[Person], command: ClientCommand) {
    let owner = cast.iter().find(|one| one.person.id() == people[0].id());
    if let Some(owner) = owner {
        let _ = owner.orders.try_send(Order::Ask(command));
    }
}

async fn restart(machine: &Rc<Machine>, record: &Rc<RefCell<Record>>, chance: &Chance) {
    if !machine.is_up() {
        return machine.start().await;
    }
    record.borrow_mut().counts.kills += 1;
    if chance.one_in(4) {
        record.borrow_mut().happened("server", "stops");
        machine.stop().await;
    } else {
        record.borrow_mut().happened("server", "is killed");
        machine.kill();
    }
    // Sometimes the next act finds it gone.
    if chance.one_in(2) {
        tokio::time::sleep(chance.millis(1, 5_000)).await;
        machine.start().await;
    }
}

/// Waits until everybody is even with the server, and compares what they have with what is.
async fn heal(machine: &Rc<Machine>, record: &Rc<RefCell<Record>>, cast: &[Cast]) {
    record.borrow_mut().happened("story", "nothing more happens");
    let end = Instant::now() + HEALED;
    let mut rounds = 0;
    loop {
        tokio::time::sleep(Duration::from_secs(1)).await;
        machine.tick();
        let mut uneven = Vec::new();
        for one in cast {
            if !judge::is_even(machine, &one.person, &one.known).await {
                uneven.push(one);
            }
        }
        // Once more, since what the last one had to say came after the first was looked at.
        rounds = if uneven.is_empty() { rounds + 1 } else { 0 };
        if rounds == 2 {
            break;
        }
        if Instant::now() > end {
            for one in uneven {
                let known = one.known.borrow();
                let heads: Vec<_> =
                    known.rooms.iter().map(|(room, view)| (room, view.state.head)).collect();
                let unsent: Vec<_> = known.outbox.unacknowledged().collect();
                let nick = &one.person.caller.user.nick;
                let own = known.own.as_ref().map(|own| own.version);
                let how = format!("{nick} is not even: {own:?} {heads:?}, unsent {unsent:?}");
                record.borrow_mut().broke("D5", &how);
            }
            return;
        }
    }
    for one in cast {
        for how in judge::folded(machine, &one.person, &one.known).await {
            let nick = &one.person.caller.user.nick;
            record.borrow_mut().broke("D4", &format!("{nick}: {how}"));
        }
    }
}
