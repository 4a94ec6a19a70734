//! What is asked from the command line beside serving. Each command answers a text; printing it
//! is left to `main`.

use crate::backup::{self, BackupError, Contents};
use crate::bus::local::LocalBus;
use crate::chat::{self, Chat, Limits, Rate, password};
use crate::clock::Clock;
use crate::config::{ConfigError, NotAnOrigin, Options, Origin, PlaceOptions};
use crate::doctor::{self, Finding};
use crate::http;
use crate::store::sqlite::{self, OpenError, SqliteStore};
use clap::{Args, Subcommand};
use core::fmt::Write as _;
use core::num::NonZeroU32;
use core::time::Duration;
use shared::time::Timestamp;
use shared::user::{SiteRole, User};
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::sync::mpsc;

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Copies of the database: make one, list them, check one, put one back
    #[command(subcommand)]
    Backup(BackupCommand),
    /// Accounts, for when nobody can get in; works beside a running server
    #[command(subcommand)]
    User(UserCommand),
    /// Have the index that searches use made anew; the server must not be running
    Reindex {
        #[command(flatten)]
        place: PlaceOptions,
    },
    /// Check the set-up and say in words what is wrong; give it the server's own options
    Doctor {
        /// Look from outside too: at this address, as people type it, through whatever stands in front
        #[arg(long, value_name = "URL", value_parser = parse_url)]
        url: Option<Origin>,
        #[command(flatten)]
        options: Box<Options>,
    },
}

#[derive(Debug, Subcommand)]
pub enum BackupCommand {
    /// Copy the database, while people talk, into FILE or the folder `backups` beside it
    Create {
        file: Option<PathBuf>,
        #[command(flatten)]
        place: PlaceOptions,
    },
    /// List the copies in the folder `backups`
    List {
        #[command(flatten)]
        place: PlaceOptions,
    },
    /// Read all of a copy and say whether it could be put back
    Verify { file: PathBuf },
    /// Put a copy in the database's place; the server must not be running
    Restore {
        file: PathBuf,
        #[command(flatten)]
        place: PlaceOptions,
    },
}

#[derive(Debug, Subcommand)]
pub enum UserCommand {
    /// Make an account, whatever the policy of registration
    Create {
        nick: String,
        /// What the person is called [default: the nick]
        #[arg(long)]
        name: Option<String>,
        /// Make the person administrator of the server
        #[arg(long)]
        administrator: bool,
        #[command(flatten)]
        password: PasswordOptions,
        #[command(flatten)]
        place: PlaceOptions,
    },
    /// Print a link with which the person chooses a new password, once
    ResetPassword {
        nick: String,
        #[command(flatten)]
        password: PasswordOptions,
        #[command(flatten)]
        place: PlaceOptions,
    },
    /// Make the person administrator of the server
    MakeAdmin {
        nick: String,
        #[command(flatten)]
        place: PlaceOptions,
    },
    /// List where the person is signed in
    Sessions {
        nick: String,
        /// End all of them
        #[arg(long)]
        end: bool,
        #[command(flatten)]
        place: PlaceOptions,
    },
}

#[derive(Args, Debug)]
pub struct PasswordOptions {
    /// Read the password from the standard input instead of printing a link to choose one
    #[arg(long)]
    password_stdin: bool,
}

/// What a command says, and whether all is well.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub text: String,
    pub well: bool,
}

impl From<String> for Answer {
    fn from(text: String) -> Self {
        Self { text, well: true }
    }
}

#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Open(#[from] OpenError),
    #[error(transparent)]
    Backup(#[from] BackupError),
    #[error("nobody here has the nick {0}")]
    Nobody(String),
    #[error("{0}")]
    Refused(String),
    #[error("{0}")]
    Chat(chat::Error),
    #[error("the password cannot be read from the standard input: {0}")]
    Stdin(#[from] io::Error),
}

impl From<chat::Error> for CommandError {
    fn from(error: chat::Error) -> Self {
        match error {
            chat::Error::Refused(code) => {
                Self::Refused(http::error::Error::from(code).problem().title)
            }
            error @ (chat::Error::Store(_) | chat::Error::Internal(_)) => Self::Chat(error),
        }
    }
}

impl Command {
    pub async fn run(self) -> Result<Answer, CommandError> {
        match self {
            Self::Backup(command) => command.run().map(Answer::from),
            Self::User(command) => command.run().await.map(Answer::from),
            Self::Reindex { place } => {
                let messages = sqlite::reindex(&place.resolve()?.folder)?;
                let text = format!("the server takes {messages} messages into the index anew");
                Ok(Answer::from(text))
            }
            Self::Doctor { url, options } => {
                let findings = match options.resolve() {
                    Ok(config) => doctor::examine(&config, url.as_ref()).await,
                    Err(error) => vec![Finding::Wrong(error.to_string())],
                };
                let well = !findings.iter().any(|finding| matches!(finding, Finding::Wrong(_)));
                let lines: Vec<String> = findings.iter().map(ToString::to_string).collect();
                Ok(Answer { text: lines.join("\n"), well })
            }
        }
    }
}

fn parse_url(text: &str) -> Result<Origin, NotAnOrigin> {
    Origin::try_from(text.to_owned())
}

impl BackupCommand {
    fn run(self) -> Result<String, CommandError> {
        match self {
            Self::Create { file, place } => {
                let data = place.resolve()?.folder;
                let (made, contents) = backup::create(&data, file.as_deref(), &Clock::system())?;
                Ok(format!("{}: {}", made.path.display(), described(contents)))
            }
            Self::List { place } => {
                let backups = backup::list(&place.resolve()?.folder)?;
                if backups.is_empty() {
                    return Ok("there are no backups".into());
                }
                let lines = backups.iter().map(|backup| {
                    let kib = backup.bytes.div_ceil(1024);
                    format!("{}  {kib:>9} KiB  {}", time(backup.made_at), backup.path.display())
                });
                Ok(lines.collect::<Vec<_>>().join("\n"))
            }
            Self::Verify { file } => {
                let contents = backup::verify(&file)?;
                Ok(format!("{} is sound: {}", file.display(), described(contents)))
            }
            Self::Restore { file, place } => {
                let data = place.resolve()?.folder;
                let restored = backup::restore(&data, &file)?;
                let mut text = format!("restored: {}", described(restored.contents));
                if let Some(replaced) = restored.replaced {
                    // Writing to a string cannot fail.
                    let _ = write!(text, "\nthe database as it was: {}", replaced.display());
                }
                Ok(text)
            }
        }
    }
}

fn described(contents: Contents) -> String {
    let Contents { people, rooms, events, messages, last_at: _ } = contents;
    format!("{people} people, {rooms} rooms, {messages} messages, {events} events")
}

impl UserCommand {
    async fn run(self) -> Result<String, CommandError> {
        match self {
            Self::Create { nick, name, administrator, password, place } => {
                let desk = Desk::open_or_make(place)?;
                let answer = desk.create(&nick, name.as_deref(), administrator, &password).await;
                desk.close(answer).await
            }
            Self::ResetPassword { nick, password, place } => {
                let desk = Desk::open(place)?;
                let answer = desk.reset_password(&nick, &password).await;
                desk.close(answer).await
            }
            Self::MakeAdmin { nick, place } => {
                let desk = Desk::open(place)?;
                let answer = desk.make_administrator(&nick).await;
                desk.close(answer).await
            }
            Self::Sessions { nick, end, place } => {
                let desk = Desk::open(place)?;
                let answer = desk.sessions(&nick, end).await;
                desk.close(answer).await
            }
        }
    }
}

/// The store, opened beside the server, with the meaning on top.
struct Desk {
    store: Arc<SqliteStore>,
    chat: Chat,
}

impl Desk {
    fn open(place: PlaceOptions) -> Result<Self, CommandError> {
        let folder = place.resolve()?.folder;
        Ok(Self::new(SqliteStore::open_beside(&folder, Clock::system())?))
    }

    /// The first account may be made before the first start.
    fn open_or_make(place: PlaceOptions) -> Result<Self, CommandError> {
        let folder = place.resolve()?.folder;
        let store = if sqlite::is_in_use(&folder) {
            SqliteStore::open_beside(&folder, Clock::system())?
        } else {
            // Without a server nobody is to be told of anything.
            SqliteStore::open(&folder, Clock::system(), mpsc::channel(1).0)?
        };
        Ok(Self::new(store))
    }

    fn new(store: Arc<SqliteStore>) -> Self {
        // Nobody is connected here: what the bus is given goes nowhere, and the running server
        // tells its own people of what the store has committed.
        let (bus, _) = LocalBus::new();
        let unused = Rate { per_second: NonZeroU32::MIN, burst: NonZeroU32::MIN };
        let limits = Limits {
            messages: unused,
            commands: unused,
            searches: unused,
            password_cost: password::Cost::Full,
            off_after: Duration::ZERO,
        };
        let chat =
            Chat::new(Arc::<SqliteStore>::clone(&store), Arc::new(bus), Clock::system(), limits);
        Self { store, chat }
    }

    async fn close(self, answer: Result<String, CommandError>) -> Result<String, CommandError> {
        self.store.close().await;
        answer
    }

    async fn create(
        &self,
        nick: &str,
        name: Option<&str>,
        administrator: bool,
        password: &PasswordOptions,
    ) -> Result<String, CommandError> {
        let password = password.read()?;
        let has_password = password.is_some();
        let mut user = self.chat.create_account(nick, name, password).await?;
        if administrator && user.role != SiteRole::Administrator {
            user = self.chat.make_administrator(user.id).await?;
        }
        let role = match user.role {
            SiteRole::Administrator => "administrator",
            SiteRole::Member => "member",
        };
        let made = format!("made the account {} ({role})", user.nick);
        if has_password {
            return Ok(made);
        }
        Ok(format!("{made}\n{}", self.link(&user).await?))
    }

    async fn reset_password(
        &self,
        nick: &str,
        password: &PasswordOptions,
    ) -> Result<String, CommandError> {
        let user = self.person(nick).await?;
        match password.read()? {
            Some(password) => {
                self.chat.set_password(user.id, password).await?;
                Ok(format!("{} has a new password and is signed out everywhere", user.nick))
            }
            None => self.link(&user).await,
        }
    }

    async fn link(&self, user: &User) -> Result<String, CommandError> {
        let made = self.chat.make_reset_link(user.id).await?;
        Ok(format!(
            "{} chooses a password, once and until {}, at the server's address followed by\n{}",
            user.nick,
            time(made.expires_at),
            made.link.0,
        ))
    }

    async fn make_administrator(&self, nick: &str) -> Result<String, CommandError> {
        let user = self.person(nick).await?;
        self.chat.make_administrator(user.id).await?;
        Ok(format!("{} is administrator", user.nick))
    }

    async fn sessions(&self, nick: &str, end: bool) -> Result<String, CommandError> {
        let user = self.person(nick).await?;
        if end {
            let ended = self.chat.end_sessions_of(user.id).await?;
            return Ok(format!("ended {} sessions of {}", ended.len(), user.nick));
        }
        let sessions = self.chat.sessions_of(user.id).await?;
        if sessions.is_empty() {
            return Ok(format!("{} is signed in nowhere", user.nick));
        }
        let lines = sessions.iter().map(|session| {
            format!(
                "signed in {}, last used {}, from {}, {}",
                time(session.created_at),
                time(session.last_used_at),
                session.address,
                session.agent,
            )
        });
        Ok(lines.collect::<Vec<_>>().join("\n"))
    }

    async fn person(&self, nick: &str) -> Result<User, CommandError> {
        match self.chat.person_by_nick(nick).await {
            Err(chat::Error::Refused(_)) => Err(CommandError::Nobody(nick.to_owned())),
            found => Ok(found?),
        }
    }
}

impl PasswordOptions {
    fn read(&self) -> Result<Option<String>, CommandError> {
        if !self.password_stdin {
            return Ok(None);
        }
        let mut line = String::new();
        io::stdin().read_line(&mut line)?;
        Ok(Some(line.trim_end_matches(['\r', '\n']).to_owned()))
    }
}

fn time(at: Timestamp) -> String {
    let at = jiff::Timestamp::from_millisecond(at.0).unwrap_or_default();
    at.strftime("%Y-%m-%d %H:%M UTC").to_string()
}
