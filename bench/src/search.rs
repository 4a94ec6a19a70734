//! Searching a million messages: what the index costs to make and to keep, and how long the first
//! page of an answer takes.

use crate::report::Row;
use crate::seed::{self, Person, Talk};
use crate::server::{Server, own_cpu};
use crate::workload::Plan;
use anyhow::{Context as _, Result, ensure};
use core::net::SocketAddrV4;
use shared::api::{Endpoint as _, Search, SearchHits, SearchQuery};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// What the project promises of the 95th percentile.
const PROMISE_MILLIS: f64 = 50.0;

pub(crate) fn search(plan: &Plan) -> Result<Vec<Row>> {
    let messages = if plan.short { 50_000 } else { 1_000_000 };
    let folder = TempDir::with_prefix_in("data-", &plan.folder)?;
    let home = plan.keep.as_deref().unwrap_or(folder.path());
    let (data, kept) = (home.join("data"), home.join("talk.json"));
    let (begun, cpu) = (Instant::now(), own_cpu()?);
    let is_kept = kept.exists();
    let talk = if is_kept { Talk::kept(&kept)? } else { seed::talk(&data, messages)? };
    if plan.keep.is_some() && !is_kept {
        talk.keep(&kept)?;
    }
    let Talk { everywhere, somewhere, waiting, index_bytes } = talk;
    let each = |whole: f64| whole / messages as f64;
    let mut filled = Row::new(format!("Search, {messages} messages"));
    if !is_kept {
        filled = filled
            .with("filled in s", begun.elapsed().as_secs_f64())
            .with("CPU µs/message", each(own_cpu()?.saturating_sub(cpu).as_secs_f64() * 1e6));
    }
    let filled = filled
        .with("index MiB", index_bytes as f64 / 1024.0 / 1024.0)
        .with("index B/message", each(index_bytes as f64))
        .with("left to read", f64::from(waiting));
    let server = Server::start(&plan.binary, &data)?;
    let mut asker = Asker { address: server.address, connection: None };
    let mut rows = vec![filled];
    let samples = if plan.short { 20 } else { 200 };
    for (title, query, people) in [
        ("a common word", "the", &everywhere),
        ("two common words", "the server", &everywhere),
        ("a phrase of common words", "\"the server\"", &everywhere),
        ("a rare word", seed::RARE, &everywhere),
        ("two Chinese signs", "明天", &everywhere),
        ("four Chinese signs", "明天开会", &everywhere),
        ("two letters typed", "se", &everywhere),
        ("four letters typed", "serv", &everywhere),
        ("from: and a common word", "from:person00007 server", &everywhere),
        ("a month and a common word", "before:60d server", &everywhere),
        ("links", "has:link", &everywhere),
        ("nothing to be found", "qqqxyzzy", &everywhere),
        ("few rooms: a common word", "the", &somewhere),
        ("few rooms: a rare word", seed::RARE, &somewhere),
    ] {
        rows.push(asker.measure(title, query, people, samples)?);
    }
    server.stop()?;
    folder.close()?;
    Ok(rows)
}

/// Asks over one connection, as a page does.
struct Asker {
    address: SocketAddrV4,
    connection: Option<BufReader<TcpStream>>,
}

impl Asker {
    fn measure(
        &mut self,
        title: &str,
        query: &str,
        people: &[Person],
        samples: usize,
    ) -> Result<Row> {
        let mut took = Vec::new();
        let mut hits = 0;
        // The first one finds nothing in memory, as after a start; nobody asks twice in a row,
        // since each may ask so often and no more.
        for person in people.iter().cycle().take(samples) {
            let begun = Instant::now();
            let found = self.ask(person, query)?;
            took.push(begun.elapsed());
            hits = hits.max(found.hits.len());
        }
        let first = took.first().copied().unwrap_or_default();
        took.sort();
        let at = |part: f64| {
            let place = (took.len() as f64 * part) as usize;
            millis(took[place.min(took.len() - 1)])
        };
        Ok(Row::new(title)
            .with("p50 ms", at(0.5))
            .with_limit("p95 ms", at(0.95), PROMISE_MILLIS)
            .with("p99 ms", at(0.99))
            .with("first ms", millis(first))
            .with("hits", hits as f64))
    }

    fn ask(&mut self, person: &Person, query: &str) -> Result<SearchHits> {
        let query = SearchQuery { q: query.to_owned(), ..SearchQuery::default() };
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => BufReader::new(TcpStream::connect(self.address)?),
        };
        connection.get_ref().set_nodelay(true)?;
        let request = format!(
            "GET {} HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\n\r\n",
            Search::url(&(), &query),
            self.address,
            person.token
        );
        connection.get_mut().write_all(request.as_bytes())?;
        let mut length = 0;
        let mut line = String::new();
        connection.read_line(&mut line)?;
        ensure!(line.contains(" 200 "), "a search was answered {line}");
        loop {
            line.clear();
            connection.read_line(&mut line)?;
            let Some((name, value)) = line.split_once(':') else { break };
            if name.eq_ignore_ascii_case("content-length") {
                length = value.trim().parse()?;
            }
        }
        let mut body = vec![0; length];
        connection.read_exact(&mut body)?;
        self.connection = Some(connection);
        serde_json::from_slice(&body).context("an answer that cannot be read")
    }
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}
