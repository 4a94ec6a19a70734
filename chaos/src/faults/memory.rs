//! F20: the kernel kills the server for the memory it uses: clients begin messages as long as may be
//! and end none of them, until what the server holds of them is more than it may have.

use super::{Ground, Row};
use crate::finding::Finding;
use crate::server::Server;
use crate::talk::{Cast, Scene, Talk};
use crate::wire::Person;
use anyhow::{Context as _, Result, bail};
use futures_util::SinkExt as _;
use shared::frame::ClientFrame;
use shared::limit;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;

pub(super) const ROW: Row = Row {
    name: "F20",
    fault: "killed for its memory",
    expected: "started again, 0 lost, doubled, reordered",
};

const PATIENCE: Duration = Duration::from_mins(1);
/// So many begin their messages at once.
const AT_ONCE: usize = 32;

pub(super) async fn measure(ground: &Ground) -> Result<Finding> {
    let allowed = ground.form.of(160, 256);
    let group = match Group::new(allowed * 1024 * 1024) {
        Ok(group) => group,
        Err(error) => return Ok(Finding::left_out(format!("no memory to take: {error:#}"))),
    };
    let (folder, mut place) = ground.place()?;
    place.group = Some(group.folder.join("cgroup.procs"));
    // Of a file, the memory counts for who had it read first. It is to be this process: else the
    // kernel may for minutes throw away the program's own pages and read them again, and not kill.
    place.launch.binary = folder.path().join("program");
    fs::copy(&ground.server, &place.launch.binary)?;
    let kills = ground.form.of(1, 10);
    let cast = Cast::few(u64::MAX);
    let mut scene = Scene::set(place, &cast).await?;
    let talk = Talk::begin(&scene.people, &cast).await?;
    let mut begun = 0;
    for _ in 0..kills {
        talk.reach(talk.budget.acknowledged() + 200).await?;
        begun += overeat(&mut scene.server, &scene.people.owner).await?;
        scene.server = scene.place.start().await?;
    }
    talk.reach(talk.budget.acknowledged() + 200).await?;
    talk.budget.end();
    let verdict = talk.conclude().await?;
    scene.server.stop().await?;
    folder.close()?;
    let killed = group.killed()?;
    let other = (killed != kills).then(|| format!("the kernel says that it killed {killed} times"));
    Ok(Finding::new()
        .with(format!(
            "killed {killed} times by the kernel at {allowed} MiB, by {} messages begun each time",
            begun / kills
        ))
        .with(&verdict)
        .without(other)
        .without(verdict.violations))
}

/// Begins messages until the server is killed, and says how many it took.
async fn overeat(server: &mut Server, person: &Person) -> Result<u64> {
    let mut tasks = JoinSet::new();
    for _ in 0..AT_ONCE {
        tasks.spawn(begin(person.clone()));
    }
    // Connections are held until it is over.
    let mut held = Vec::new();
    let over = timeout(PATIENCE, async {
        while !server.has_ended()? {
            tokio::select! {
                begun = tasks.join_next() => {
                    // One that a server about to be killed did not answer is no trouble.
                    held.extend(begun.transpose()?.and_then(Result::ok));
                    tasks.spawn(begin(person.clone()));
                }
                () = sleep(Duration::from_millis(20)) => {}
            }
        }
        Ok::<_, anyhow::Error>(())
    });
    match over.await {
        Ok(over) => over?,
        Err(_) => bail!("the server is not killed, with {} messages begun", held.len()),
    }
    Ok(held.len() as u64)
}

/// All of a message but its last byte.
async fn begin(person: Person) -> Result<WebSocketStream<TcpStream>> {
    let mut socket = person.dial().await?;
    socket.send(Message::text(serde_json::to_string(&ClientFrame::Heartbeat)?)).await?;
    // One that is not looked into before it is whole, of a length in eight bytes, with a mask that
    // changes nothing.
    let head = [&[0x82, 0xff][..], &(limit::FRAME_BYTES as u64).to_be_bytes(), &[0; 4]].concat();
    let stream = socket.get_mut();
    stream.write_all(&head).await?;
    stream.write_all(&vec![b' '; limit::FRAME_BYTES - 1]).await?;
    Ok(socket)
}

/// Processes that share a limit of memory.
struct Group {
    folder: PathBuf,
    events: &'static str,
    /// Where it was allowed that memory is counted by groups, which was not so before.
    allowed_in: Option<PathBuf>,
}

impl Group {
    fn new(allowed: u64) -> Result<Self> {
        let name = format!("hubbub-chaos-{}", std::process::id());
        // The second version of control groups, or the first. Nothing is to go to a swap file.
        let second = Path::new("/sys/fs/cgroup/cgroup.controllers").exists();
        let (root, events, limit, swap) = if second {
            ("/sys/fs/cgroup", "memory.events", "memory.max", ("memory.swap.max", 0))
        } else {
            let root = "/sys/fs/cgroup/memory";
            let swap = ("memory.memsw.limit_in_bytes", allowed);
            (root, "memory.oom_control", "memory.limit_in_bytes", swap)
        };
        let mut group = Self { folder: Path::new(root).join(name), events, allowed_in: None };
        if second {
            group.allowed_in = count_memory_below(Path::new(root))?;
        }
        fs::create_dir(&group.folder).with_context(|| format!("{}", group.folder.display()))?;
        fs::write(group.folder.join(limit), allowed.to_string())?;
        // Kernels that do not count what is swapped have no such file.
        let (file, allowed) = swap;
        let _ = fs::write(group.folder.join(file), allowed.to_string());
        Ok(group)
    }

    /// How often the kernel has killed in it.
    fn killed(&self) -> Result<u64> {
        let events = fs::read_to_string(self.folder.join(self.events))?;
        let mut counts = events.lines().filter_map(|line| line.strip_prefix("oom_kill "));
        Ok(counts.next().context("the kernel does not count its kills")?.parse()?)
    }
}

/// Has the second version of control groups count memory in the groups of `root`, as none does of which
/// nobody has asked it; and says where that was changed.
fn count_memory_below(root: &Path) -> Result<Option<PathBuf>> {
    let control = root.join("cgroup.subtree_control");
    let counted = fs::read_to_string(&control)?;
    if counted.split_whitespace().any(|controller| controller == "memory") {
        return Ok(None);
    }
    // Refused in a container, whose own processes are in that group: there may then be none below.
    fs::write(&control, "+memory").with_context(|| format!("{}", control.display()))?;
    Ok(Some(control))
}

impl Drop for Group {
    fn drop(&mut self) {
        // One that still has a process stays, and memory is counted for as long as there is one.
        let _ = fs::remove_dir(&self.folder);
        if let Some(control) = &self.allowed_in {
            let _ = fs::write(control, "-memory");
        }
    }
}
